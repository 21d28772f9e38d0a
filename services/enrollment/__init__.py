"""Enrollment: takes in the policies of all insurers and keeps them, with their history and all personal data.

In:  insurer.policy.issued / endorsed / cancelled (queue enrollment.intake, POST /enrollment/v1/events); agents (HTTP)
Out: policy.issued, policy.endorsed, policy.cancelled, agent.changed, enrollment.totals; receipts
Own: products, region codes, policies with every revision, agents and their villages
"""
