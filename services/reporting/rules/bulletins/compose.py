"""From figures to a bulletin: its document, and every figure that it states."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from services.reporting.rules.bulletins.annual import annual
from services.reporting.rules.bulletins.document import Document
from services.reporting.rules.bulletins.figures import Figure, Ledger
from services.reporting.rules.bulletins.frame import Content, framed
from services.reporting.rules.bulletins.material import Kind, Material
from services.reporting.rules.bulletins.quarterly import quarterly
from services.reporting.rules.bulletins.weekly import weekly

_KINDS: dict[Kind, Callable[[Ledger], Content]] = {"weekly": weekly, "quarterly": quarterly, "annual": annual}


@dataclass(frozen=True)
class Composed:
    """A draft and the figures it stands on, by id."""

    document: Document
    figures: dict[str, Figure]


def compose(material: Material, signed_on: date) -> Composed:
    """The draft of a bulletin."""
    ledger = Ledger(material)
    content = _KINDS[material.kind](ledger)
    return Composed(framed(material, content, signed_on), ledger.figures)
