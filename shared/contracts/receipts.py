"""What an insurer is answered: one receipt for every change of an event's status."""

from typing import Annotated, Literal

from pydantic import StringConstraints

from shared.contracts.values import Value


class Problem(Value):
    """One reason in a receipt: field path, machine code, sentence for a person."""

    field: str
    code: str
    message: str


ReceiptStatus = Literal["accepted", "duplicate", "parked", "rejected", "conflict"]


class Receipt(Value):
    """`guanai.receipt.v1`: the answer to one submitted event, one for every change of its status."""

    event_id: Annotated[str, StringConstraints(max_length=200)] | None
    subject: str | None = None
    status: ReceiptStatus
    errors: tuple[Problem, ...] = ()
    warnings: tuple[Problem, ...] = ()
