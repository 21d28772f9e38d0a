"""Claims: follows every claim from report to payment and keeps a slim copy of the policies.

In:  insurer.claim.* (queue claims.intake, POST /claims/v1/events), policy.* (queue claims.policies)
Out: claim.reported, settled, paid, rejected, reopened, recovered, answered, corrected; claims.totals; receipts
Own: claims with their steps, the policies' regions and products over time
"""
