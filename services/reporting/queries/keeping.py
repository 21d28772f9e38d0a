"""How questions make use of what is kept in memory: they are asked of the database only where nothing holds."""

from collections.abc import Awaitable, Callable, Collection, Hashable, Mapping, Sequence
from datetime import date
from functools import wraps
from typing import Any, TypeVar, cast
from weakref import WeakKeyDictionary

from services.reporting.queries.freshness import Pulse, pulse_now
from services.reporting.queries.kept_books import Kept
from services.reporting.queries.ledgers import Ledger
from services.reporting.queries.shelf import Ask, Given, Key, Rests, Shelf
from shared.messaging.transaction import Transaction

Question = TypeVar("Question", bound=Callable[..., Awaitable[Any]])
_SHELVES: WeakKeyDictionary[Any, Shelf] = WeakKeyDictionary()


def shelf_of(tx: Transaction) -> Shelf | None:
    """The shelf of a database in this process; None for who may have changed what nobody else sees yet."""
    connection = tx.connection.sync_connection
    if connection is None or not connection.get_execution_options().get("guanai_reading"):
        return None
    return _SHELVES.setdefault(connection.engine.pool, Shelf())


async def change_nothing(tx: Transaction) -> None:
    """From here on a transaction that may write leaves alone what figures rest on, and may use what is kept."""
    await tx.connection.execution_options(guanai_reading=True)


async def kept(tx: Transaction, rests: Mapping[Key, Rests], ask: Ask[Key, Given]) -> dict[Key, Given]:
    """Answers by their keys."""
    shelf = shelf_of(tx)
    return {**await ask(list(rests))} if shelf is None else await shelf.answers(tx, rests, ask)


async def kept_one(tx: Transaction, key: Hashable, rests: Rests, ask: Callable[[], Awaitable[Given]]) -> Given:
    """A single one."""

    async def asked(keys: Sequence[Hashable]) -> dict[Hashable, Given]:
        return {key: await ask() for key in keys}

    return (await kept(tx, {key: rests}, asked))[key]


def by_edition(question: Question) -> Question:
    """For questions about yardsticks alone: they are asked again when any yardstick has changed."""

    @wraps(question)
    async def asked(tx: Transaction, *about: Any) -> Any:
        plain = tuple(map(_plain, about))
        return await kept_one(tx, (question.__name__, *plain), Rests(), lambda: question(tx, *plain))

    return cast(Question, asked)


def _plain(one: Any) -> Any:
    if isinstance(one, str | int | date):
        return one
    return tuple(sorted(one) if isinstance(one, set | frozenset) else one)


async def ledger_of(tx: Transaction, what: Kept, regions: Collection[str]) -> Ledger | None:
    """A ledger with the courses of some regions; None where only the database itself can tell."""
    shelf = shelf_of(tx)
    return None if shelf is None else await shelf.ledger(tx, what, regions)


async def pulse_of(tx: Transaction) -> Pulse:
    """What all feeds have told."""
    shelf = shelf_of(tx)
    return (await shelf.pulse(tx) if shelf else None) or await pulse_now(tx)
