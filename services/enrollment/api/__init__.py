"""What people may ask enrollment."""

from fastapi import APIRouter

from services.enrollment.api.agents import agents
from services.enrollment.api.policies import policies_and_products
from services.enrollment.api.totals import totals
from services.enrollment.settings import vault_of
from shared.contracts.registry import POLICY_SUBMISSIONS
from shared.runtime.intake import intake
from shared.runtime.settings import Settings


def routers(settings: Settings) -> list[APIRouter]:
    """Everything under `/enrollment/v1`."""
    vault = vault_of(settings)
    return [
        intake("enrollment", frozenset(POLICY_SUBMISSIONS)),
        policies_and_products(vault),
        agents(vault),
        totals(settings.programme_start_month),
    ]
