"""Set lag rules: a changed one becomes a new version, none is overwritten; and let a person end what never clears."""

from collections.abc import Sequence
from dataclasses import asdict, replace

from services.reporting.handlers.tell_of_regions import fact_of
from services.reporting.queries.lag_rules import current_rules
from services.reporting.queries.standing_lags import episode_standing, store_episodes
from services.reporting.queries.yardsticks import Region
from services.reporting.rules.accounts import NAMES
from services.reporting.rules.conditions import problem_with
from services.reporting.rules.lag import Episode, episode_after
from services.reporting.rules.lag_rules import RuleText, reasons_to_refuse, rule_of
from services.reporting.tables import acknowledgements, lag_rules
from shared.messaging.happenings import Fact
from shared.messaging.transaction import Transaction


def problems_with(rules: Sequence[RuleText]) -> list[str]:
    """Why these rules cannot be set, in sentences; nothing if they can."""
    names = [rule.name for rule in rules]
    twice = [f"{name}: stands in the list twice" for name in sorted({n for n in names if names.count(n) > 1})]
    return [*twice, *(problem for rule in rules for problem in _problems(rule))]


def _problems(text: RuleText) -> list[str]:
    unread = [
        f"{text.name}: `{part}`: {problem}"
        for part, said in (("fires", text.fires), ("severe", text.severe), ("clears", text.clears))
        if said and (problem := problem_with(said))
    ]
    return unread or reasons_to_refuse(rule_of(text), NAMES)


async def set_rules(tx: Transaction, rules: Sequence[RuleText], set_by: str) -> None:
    """Store the rules that differ from what is in force; the next judgement goes by them."""
    known = {text.name: replace(text, version=0) for text, _ in await current_rules(tx)}
    changed = [rule for rule in rules if known.get(rule.name) != replace(rule, version=0)]
    rows = [{**asdict(rule), "levels": ",".join(rule.levels), "set_at": tx.now, "set_by": set_by} for rule in changed]
    await tx.insert(lag_rules, [{k: v for k, v in row.items() if k != "version"} for row in rows])


async def acknowledge(
    tx: Transaction, rule: str, region: Region, year: int, said: tuple[str, str]
) -> tuple[Episode, Fact] | None:
    """End the standing episode of a rule that never clears by itself; `said` is (reason, who). None if none stands."""
    standing = await episode_standing(tx, rule, region.code, year)
    if standing is None:
        return None
    ended = episode_after(standing, "cleared", tx.today, standing.evidence)
    await store_episodes(tx, [ended])
    reason, who = said
    row = {"rule": rule, "region": region.code, "year": year, "episode": ended.episode, "reason": reason}
    await tx.insert(acknowledgements, [{**row, "acknowledged_by": who, "acknowledged_at": tx.now}])
    return ended, fact_of(region, ended)
