"""A region's figures as readings: amounts of this year and the last, their growth, and every indicator."""

from collections.abc import Mapping

from services.reporting.rules.indicators import Figures, ratio, readings_of
from services.reporting.rules.indicators import Reading as Known
from services.reporting.rules.measures import Measures
from services.reporting.rules.text_check.definitions import definition_of, growth_rate
from services.reporting.rules.text_check.ledger import Reading

_COUNTS = (
    "units", "households", "persons", "policies", "claims_reported", "claims_settled", "claims_paid",
    "claims_rejected", "units_fiscal",
)  # fmt: skip
_MONEY = {
    "premium": "premium_fen", "self_paid": "self_paid_fen", "fiscal": "fiscal_fen", "donated": "donated_fen",
    "settled_amount": "settled_fen", "paid_amount": "paid_fen",
}  # fmt: skip
Amounts = Mapping[str, float]


def readings_of_region(figures: Figures) -> dict[str, Reading]:
    """Everything that is known of a region and day, by identifier; what is missing is left out."""
    now = amounts_of(figures.now)
    amounts = {**now, "elder_units": figures.elder_units, **_yardsticks(figures), **_last_years(figures)}
    found = {name: Reading(value) for name, value in amounts.items()} | _growth(figures, now)
    if (per_household := ratio(now["premium"], now["households"])) is not None:
        found["premium_per_household"] = Reading(per_household, now["premium"], now["households"])
    known = {name: reading for name, reading in readings_of(figures).items() if reading.value is not None}
    return found | {name: _with_parts(name, reading) for name, reading in known.items()}


def amounts_of(measures: Measures) -> dict[str, float]:
    """Counts, and money in yuan."""
    counts: dict[str, float] = {name: getattr(measures, name) for name in _COUNTS}
    return counts | {name: getattr(measures, fen) / 100 for name, fen in _MONEY.items()}


def _yardsticks(figures: Figures) -> dict[str, float]:
    targets: dict[str, float] = {f"target_{kind}": units for kind, units in figures.targets.items()}
    return targets | ({"residents": figures.residents} if figures.residents else {})


def _last_years(figures: Figures) -> dict[str, float]:
    pasts = (("_last", figures.last), ("_last_full", figures.last_full))
    return {f"{name}{end}": value for end, past in pasts if past for name, value in amounts_of(past).items()}


def _growth(figures: Figures, now: Amounts) -> dict[str, Reading]:
    found: dict[str, Reading] = {}
    for suffix, past in (("", figures.last), ("_full", figures.last_full)):
        for name, before in amounts_of(past).items() if past else ():
            growth = now[name] - before
            found[f"growth_{name}{suffix}"] = Reading(growth)
            if before:
                found[growth_rate(name) + suffix] = Reading(growth / before, growth, before)
    return found


def _with_parts(name: str, known: Known) -> Reading:
    value = float(known.value or 0)
    if known.numerator is None or known.denominator is None:
        return Reading(value)
    return Reading(value, known.numerator, known.denominator, definition_of(name).denominator)
