"""Reporting: the numbers of every region, current and right, and what they say about who falls behind.

In:  policy.*, claim.* (queue reporting.facts)
Out: region.lagging, region.recovered, bulletin.published
Own: region tree, populations, targets, catalogue, cells, household timelines, lag states, bulletins
"""
