"""Notify: tells the contacts of a region what happened there, and really delivers.

In:  region.lagging, region.recovered, region.milestone, bulletin.published (queue notify.facts)
Out: notice.delivered, notice.failed, pledge.made
Own: contacts, routes, silences, notices, deliveries with every attempt, pledges
"""
