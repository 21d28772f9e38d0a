"""The lag rules: read them with their versions, and set new ones."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, HTTPException, Query
from pydantic import BaseModel, Field

from services.reporting.handlers.set_rules import problems_with, set_rules
from services.reporting.queries.lag_rules import StoredRule, current_rules, versions_of
from services.reporting.rules.conditions import MOST_CHARACTERS
from services.reporting.rules.lag_rules import DATA_STALE, RuleText
from shared.runtime.security import Keeper, Reader
from shared.runtime.web import Reading, Writing

RULE_NAME = r"^[a-z][a-z0-9_]{0,59}$"
Text = Annotated[str, Field(min_length=1, max_length=MOST_CHARACTERS)]


class RuleForm(BaseModel):
    """A rule as a person writes it; `days` is for how many days in a row the condition has to hold."""

    name: Annotated[str, Field(pattern=RULE_NAME)]
    levels: Annotated[list[Literal["city", "county", "township"]], Field(min_length=1, max_length=3)]
    fires: Text
    severe: Text | None = None
    clears: Text | None = Field(default=None, description="without it an episode ends only when it is acknowledged")
    days: Annotated[int, Field(ge=1, le=31)] = 1
    enabled: bool = True

    def text(self) -> RuleText:
        levels = tuple(dict.fromkeys(self.levels))
        return RuleText(self.name, levels, self.fires, self.clears, self.severe, self.days, self.enabled)


def rules() -> APIRouter:
    """`/rules`."""
    router = APIRouter(prefix="/reporting/v1", tags=["lagging"])

    @router.get("/rules")
    async def listed(
        tx: Reading, _: Reader, name: Annotated[str | None, Query(description="the history of one rule")] = None
    ) -> dict[str, Any]:
        """Every rule in its newest version (0 is the default), or all versions of one, the newest first."""
        found = await versions_of(tx, name) if name else await current_rules(tx)
        if not found:
            raise HTTPException(404, "There is no such rule; /reporting/v1/rules lists them all")
        return {"items": [_shown(rule) for rule in found], "next": None}

    @router.put("/rules")
    async def put(
        tx: Writing, caller: Keeper, forms: Annotated[list[RuleForm], Field(min_length=1, max_length=100)]
    ) -> dict[str, Any]:
        """Set rules: all of them or, if one is not right, none; rules that are not named stay as they are."""
        wanted = [form.text() for form in forms]
        reserved = [f"{DATA_STALE}: is not a rule, GUANAI_STALE_AFTER_DAYS says when it fires"]
        problems = reserved if any(rule.name == DATA_STALE for rule in wanted) else problems_with(wanted)
        if problems:
            raise HTTPException(422, f"Nothing was changed. {'; '.join(problems[:10])}")
        await set_rules(tx, wanted, caller.name)
        return {"items": [_shown(rule) for rule in await current_rules(tx)], "next": None}

    return router


def _shown(rule: StoredRule) -> dict[str, Any]:
    text, setting = rule
    return {
        "name": text.name,
        "levels": text.levels,
        "fires": text.fires,
        "severe": text.severe,
        "clears": text.clears,
        "days": text.days,
        "enabled": text.enabled,
        "version": text.version,
        **setting,
    }
