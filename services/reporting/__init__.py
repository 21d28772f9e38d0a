"""Reporting: the numbers of every region, current and right, and what they say about who falls behind.

In:  policy.*, claim.*, agent.*, *.totals (queue reporting.facts; again in reporting.rebuild)
Out: region.lagging, region.recovered
Own: region tree, populations, targets, catalogue, the books (twice while they are rebuilt), their checks, lag states
"""
