"""Reporting: the numbers of every region, current and right, and what they say about who falls behind.

In:  policy.*, claim.*, agent.*, *.totals (queue reporting.facts; again in reporting.rebuild)
Out: region.lagging, region.recovered, region.milestone, bulletin.published
Own: region tree, agents, yardsticks, the books (twice in a rebuild), their checks, lag rules and episodes, bulletins
"""
