"""One look at the database for all that listen: what was said, and how the regions stand where anything has changed."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from services.reporting.queries import live
from services.reporting.queries.live import Pulse, Said, Standing
from services.reporting.rules.marks import Mark, changed_in
from shared.messaging.transaction import Transaction

MOST_MISSED = 1_000
_MOST_AT_ONCE = 10_000


@dataclass(frozen=True)
class Seen:
    """What the hub knows of the database; standings by the region whose children stand there."""

    pulse: Pulse
    mark: Mark
    facts: Mapping[str, int]
    standings: Mapping[str, Standing]


@dataclass(frozen=True)
class Look:
    """What is new: messages, and per region which cities' facts have brought another standing about."""

    seen: Seen
    said: Sequence[Said] = ()
    changed: Mapping[str, list[str]] = field(default_factory=dict)


async def first_look(tx: Transaction, scopes: Collection[str], start_month: int) -> Look:
    """Everything is as it is: nothing of it is news."""
    pulse = await live.pulse_now(tx)
    mark, facts = await live.end_of_log(tx), await live.facts_by_city(tx)
    return Look(Seen(pulse, mark, facts, await live.standings_now(tx, scopes, start_month)))


async def look_again(tx: Transaction, seen: Seen, scopes: Collection[str], start_month: int) -> Look:
    """What has come since; a single question when nothing has. The log's mark is moved by who tells it."""
    pulse = await live.pulse_now(tx)
    if pulse == seen.pulse and not seen.mark.open and set(scopes) <= seen.standings.keys():
        return Look(seen)
    said: Sequence[Said] = ()
    if pulse.message != seen.pulse.message or seen.mark.open:
        said = await live.said_after(tx, seen.mark, _MOST_AT_ONCE)
    facts = seen.facts if pulse.facts == seen.pulse.facts else await live.facts_by_city(tx)
    cities = {city for city in facts.keys() | seen.facts.keys() if facts.get(city) != seen.facts.get(city)}
    touched = await live.touched_by(tx, scopes, cities) if cities else set()
    everything = (pulse.target, pulse.today) != (seen.pulse.target, seen.pulse.today)
    due = set(scopes) if everything else touched | set(scopes) - seen.standings.keys()
    standings = await live.standings_now(tx, due, start_month) if due else {}
    changed = {
        scope: changed_in(scope, cities) if scope in touched else []
        for scope, now in standings.items()
        if (before := seen.standings.get(scope)) and _is_news(scope in touched, scope, before, now)
    }
    kept = {scope: standing for scope, standing in seen.standings.items() if scope in scopes}
    return Look(Seen(pulse, seen.mark, facts, kept | standings), said, changed)


def _is_news(touched: bool, scope: str, before: Standing, now: Standing) -> bool:
    """Within a city only what changes the own sums: whether a neighbour has sold something is nobody's business."""
    return (touched and len(scope) <= 4) or not now.says_the_same(before)


async def missed_by(tx: Transaction, marks: Sequence[Mark]) -> Sequence[Said]:
    """What any of those who came back may have missed, the newest; one more than anybody is told."""
    if not marks:
        return ()
    left = {place: 0 for mark in marks for place in mark.open}
    return await live.said_after(tx, Mark(min(mark.position for mark in marks), left), MOST_MISSED + 1)
