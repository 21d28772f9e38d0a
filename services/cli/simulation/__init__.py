"""A made-up programme year that adds up exactly to the calibrated tables, as the events insurers would send."""

from services.cli.simulation.claims import claim_count, claim_events
from services.cli.simulation.plan import Plan, policy_range
from services.cli.simulation.policies import policy_events

__all__ = ["Plan", "claim_count", "claim_events", "policy_events", "policy_range"]
