"""What claims does: takes the steps that insurers submit, and remembers the policies that claims belong to."""

from services.claims.handlers.remember_policies import remember_policies
from services.claims.handlers.take_steps import take_steps

__all__ = ["remember_policies", "take_steps"]
