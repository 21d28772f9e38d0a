"""Notify: tells the contacts of a region what happened there, and really delivers.

In:  region.lagging, region.recovered (queue notify.facts)
Out: notice.delivered, notice.failed
Own: contacts, routes, notices, deliveries with every attempt
"""
