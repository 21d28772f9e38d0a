"""What can be ranked, drawn and split by name: every measure and indicator of a region's figures."""

from services.reporting.rules.indicators import Figures, Number, Reading, reading_of
from services.reporting.rules.measures import MEASURES, STOCKS

MONEY = {
    "self_paid": "self_paid_fen",
    "fiscal": "fiscal_fen",
    "donated": "donated_fen",
    "premium": "premium_fen",
    "settled_amount": "settled_fen",
    "paid_amount": "paid_fen",
    "outstanding_amount": "outstanding_fen",
}
"""Money by the name people use, and the measure in fen."""
COUNTS = tuple(name for name in MEASURES if not name.endswith("_fen"))


def is_measure(name: str) -> bool:
    """Whether a name is a measure; else it can only be an indicator."""
    return name in MONEY or name in COUNTS


def value_of(name: str, figures: Figures) -> Number:
    """A measure (money in yuan) or an indicator; None for a region that nobody reports from. Raises KeyError."""
    return reading_by(name, figures).value


def reading_by(name: str, figures: Figures) -> Reading:
    """The same with its fraction, which a measure has none of. Raises KeyError."""
    if not is_measure(name):
        return reading_of(name, figures)
    measure = MONEY.get(name, name)
    amount: int = getattr(figures.stocks if measure in STOCKS else figures.now, measure)
    return Reading((amount / 100 if name in MONEY else amount) if figures.has_feed else None)


def units_worth(name: str, figures: Figures) -> float | None:
    """How many units one whole of a value is worth, where units alone decide it."""
    if name in ("units", "growth_units", "growth_units_full"):
        return 1.0
    if name == "penetration":
        return figures.residents
    return figures.targets.get(name.removeprefix("completion_")) if name.startswith("completion_") else None
