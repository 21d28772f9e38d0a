"""A claim's file in memory: its row, its steps in the order they count, and the state that it tells."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import ColumnElement, bindparam, select, update

from services.claims.handlers.forms import Key, Row, state_of
from services.claims.rules.sequence import Step, deciding, in_order, open_since
from services.claims.tables import claim_steps, claims
from shared.contracts.facts import StepKind
from shared.messaging.transaction import Transaction

_CLAIM = [column for column in claims.c if column.name != "description"]
_STEP = [column for column in claim_steps.c if column.name != "remark"]
_BY_NUMBER = (claims.c.claim_no, claims.c.insurer)


class ClaimFile:
    """One claim while it is being worked on; `state` is what a fact tells of it as it stands."""

    __slots__ = ("_digests", "row", "state", "steps")

    def __init__(self, row: Row, stored: Iterable[Sequence[Any]] = ()) -> None:
        self.row = row
        self.steps = [Step("reported", row["reported_on"], row["reserve_fen"])]
        self._digests: dict[Sequence[Any], bytes] = {}
        for *step, digest in stored:
            self._put(Step(*step), digest)
        self._tell()

    def _put(self, step: Step, digest: bytes) -> None:
        self._digests[step[:4]] = digest
        self.steps.append(step)

    def _tell(self) -> None:
        self.steps = in_order(self.steps)
        self.state = state_of(self.row, self.steps)

    def digest_of(self, step: Step) -> bytes | None:
        """Of what was submitted under this step's business key, None if nothing was."""
        return self._digests.get(step[:4])

    def has_any(self, kinds: frozenset[StepKind]) -> bool:
        """Whether the claim has come through one of these steps."""
        return any(step.kind in kinds for step in self.steps)

    def add(self, step: Step, digest: bytes) -> None:
        """One more step, wherever it belongs."""
        self._put(step, digest)
        self._tell()
        self.row["status"], self.row["open_since"] = deciding(self.steps).kind, open_since(self.steps)

    def move(self, region: str, product: str) -> None:
        """The claim belongs elsewhere, and so do all its bookings."""
        self.row["region"], self.row["product"] = region, product
        self._tell()


async def claims_for_update(tx: Transaction, wanted: ColumnElement[bool]) -> dict[Key, ClaimFile]:
    """The files of all wanted claims, locked; the steps are read under that lock."""
    rows = await tx.rows(tx.locked(select(*_CLAIM).where(wanted).order_by(*_BY_NUMBER)))
    if not rows:
        return {}
    steps = await _steps_of(tx, [row.claim_no for row in rows])
    return {(r.claim_no, r.insurer): ClaimFile(dict(r._mapping), steps[r.claim_no, r.insurer]) for r in rows}


async def _steps_of(tx: Transaction, numbers: Iterable[str]) -> defaultdict[Key, list[Sequence[Any]]]:
    stored: defaultdict[Key, list[Sequence[Any]]] = defaultdict(list)
    for claim_no, insurer, *step in await tx.rows(select(*_STEP).where(tx.any_of(claim_steps.c.claim_no, numbers))):
        stored[claim_no, insurer].append(step)
    return stored


async def write_down(tx: Transaction, files: Iterable[ClaimFile], *changing: str) -> None:
    """Store these columns of claims that are there already, in sorted order."""
    mine = [claims.c[name] == bindparam(f"b_{name}") for name in ("claim_no", "insurer")]
    values: dict[str, Any] = {name: bindparam(f"b_{name}") for name in changing}
    rows = [{f"b_{name}": file.row[name] for name in ("claim_no", "insurer", *changing)} for file in files]
    rows.sort(key=lambda row: (row["b_claim_no"], row["b_insurer"]))
    await tx.write(update(claims).where(*mine).values(values), rows)
