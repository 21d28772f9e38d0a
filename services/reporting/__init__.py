"""Reporting: the numbers of every region, current and right, and what they say about who falls behind.

In:  policy.*, claim.* (queue reporting.facts)
Out: region.lagging, region.recovered
Own: region tree, populations, targets, agents, catalogue, cells, household timelines, lag states
"""
