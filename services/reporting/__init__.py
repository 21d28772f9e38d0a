"""Reporting: the numbers of every region, current and right, and what they say about who falls behind.

In:  policy.*, claim.*, agent.changed (queue reporting.facts)
Out: region.lagging, region.recovered, region.milestone
Own: region tree, populations, targets, catalogue, cells, household timelines, lag rules and episodes,
     milestones, where agents work
"""
