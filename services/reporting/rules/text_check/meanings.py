"""Which indicator a number means, from the words around it; the nearest words win."""

from collections.abc import Sequence
from dataclasses import dataclass

from services.reporting.rules.text_check.definitions import growth_rate
from services.reporting.rules.text_check.vocabulary import Tag

FARTHEST = 12
_ROWS: dict[str, tuple[tuple[frozenset[str], tuple[str, ...]], ...]] = {
    unit: tuple((frozenset(words.split()), tuple(identifiers.split())) for words, identifiers in rows)
    for unit, rows in {
        "ratio": (
            ("loss earned", "loss_ratio_paid_earned"),
            ("loss incurred", "loss_ratio_incurred_written"),
            ("loss", "loss_ratio_paid_written"),
            ("satisfaction", "satisfaction"),
            ("response", "feedback_response"),
            ("penetration households", "household_participation"),
            ("penetration", "penetration"),
            ("elder stretch", "elder_to_target"),
            ("elder target", "elder_to_target"),
            ("elder share", "elder_share"),
            ("fiscal", "fiscal_share"),
            ("self_paid", "self_paid_share"),
            ("stretch", "completion_stretch"),
            ("target", "completion_guideline"),
            ("completion", "completion_guideline"),
            ("share units", "elder_share"),
        ),
        "units": (
            ("elder", "elder_units"),
            ("fiscal units", "units_fiscal"),
            ("units", "units"),
        ),
        "households": (("units", "households"), ("households", "households")),
        "claims": (
            ("reported", "claims_reported"),
            ("settled", "claims_settled"),
            ("claims", "claims_paid"),
            ("paid", "claims_paid"),
        ),
        "persons": (("penetration", "residents"), ("persons", "persons"), ("units", "persons")),
        "yuan": (
            ("per_unit", "premium_per_unit"),
            ("per_household", "premium_per_household"),
            ("per_claim", "paid_per_claim"),
            ("incurred", "outstanding_amount"),
            ("elder", "elder_premium"),
            ("fiscal", "fiscal"),
            ("self_paid", "self_paid"),
            ("donated", "donated"),
            ("settled", "settled_amount"),
            ("paid", "paid_amount"),
            ("claims", "paid_amount"),
            ("premium", "premium"),
            ("units", "premium"),
        ),
        "days": (("days", "days_to_pay_p50"),),
    }.items()
}
_BY_DEFAULT = {"units": ("units",), "households": ("households",), "claims": ("claims_paid",)}
_BASES = {
    "units": (("elder", "elder_units"), ("units", "units")),
    "households": (("households", "households"),),
    "claims": (("reported", "claims_reported"), ("claims", "claims_paid"), ("paid", "claims_paid")),
    "persons": (("persons", "persons"),),
    "yuan": (
        ("fiscal", "fiscal"), ("self_paid", "self_paid"), ("paid", "paid_amount"), ("claims", "paid_amount"),
        ("premium", "premium"),
    ),
    "ratio": (
        ("elder", "elder_units"), ("fiscal", "fiscal"), ("self_paid", "self_paid"), ("paid", "paid_amount"),
        ("claims", "claims_paid"), ("premium", "premium"), ("households", "households"), ("units", "units"),
    ),
}  # fmt: skip
_BASE_BY_DEFAULT = {"units": "units", "ratio": "units", "households": "households", "claims": "claims_paid"}
_PREMIUM_BASES = ("earned", "incurred")
"""Where a sentence goes through several loss ratios, the nearest of them counts."""
_NO_GROWTH = frozenset({"loss", "penetration", "satisfaction", "response", "completion"})
_UNIT_OF = {
    "units": "units", "elder": "units", "target": "units", "stretch": "units", "premium": "yuan", "paid": "yuan",
    "fiscal": "yuan", "self_paid": "yuan", "claims": "claims", "reported": "claims", "households": "households",
    "persons": "persons", "rate": "ratio", "loss": "ratio",
}  # fmt: skip
YEARS = {"this": "", "last": "_last_full", "last_day": "_last", "elsewhen": ""}
_GROWING = frozenset({"growth", "growth_full", "down", "rate"})


@dataclass(frozen=True)
class Meaning:
    """The indicators a number may mean, the likeliest first; `falling` if the text calls it a decrease.

    `unsure`: the words speak of something beside the indicator, such as what is missing, so only an agreement tells.
    """

    identifiers: tuple[str, ...]
    unit: str
    falling: bool = False
    other_year: bool = False
    unsure: bool = False


def meaning_of(unit: str, near: Sequence[Tag], before: Sequence[Tag], start: int) -> Meaning:
    """From the tags of the number's own clause and those before it in the sentence, nearest first."""
    tags = [*near, *before]
    unit = unit or _unit_by_words(tags)
    year = next((tag.name for tag in tags if tag.name in YEARS), "this")
    if year == "elsewhen":
        return Meaning((), unit, other_year=True)
    named = [tag.name for tag in tags]
    if unit == "units" and near and near[0].name in ("target", "stretch") and start - near[0].end <= 3:
        return Meaning(("target_stretch" if near[0].name == "stretch" else "target_guideline",), unit)
    found = _growth(unit, named[: len(near)], named[len(near) :])
    if found is None:
        identifiers = _of_topic(_level(unit, named, len(near)), named)
        unsure = "beside" in named[: len(near)]
        return Meaning(tuple(f"{identifier}{YEARS[year]}" for identifier in identifiers), unit, unsure=unsure)
    return found


def _unit_by_words(tags: Sequence[Tag]) -> str:
    return next((_UNIT_OF[tag.name] for tag in tags if tag.name in _UNIT_OF), "")


def _level(unit: str, named: Sequence[str], near: int) -> tuple[str, ...]:
    rows, basis = _ROWS.get(unit, ()), next((name for name in named if name in _PREMIUM_BASES), "")
    for width in range(near, min(len(named), near + FARTHEST) + 1):
        seen = frozenset(name for name in named[:width] if name not in _PREMIUM_BASES or name == basis)
        for required, identifiers in rows:
            if required <= seen:
                return identifiers
    return _BY_DEFAULT.get(unit, ())


def _growth(unit: str, near: Sequence[str], before: Sequence[str]) -> Meaning | None:
    """The growth that is meant, None where the number is a level."""
    if "level" in near or not _GROWING & set(near) or unit not in _BASES:
        return None
    base = None if _NO_GROWTH & set(near) else _base(unit, [*near, *before])
    if base is None:
        return Meaning((), unit)
    plain = growth_rate(base) if unit == "ratio" else f"growth_{base}"
    identifier = f"{plain}_full" if "growth_full" in near else plain
    return Meaning((identifier,), unit, falling=next(word for word in near if word in _GROWING) == "down")


def _base(unit: str, words: Sequence[str]) -> str | None:
    bases = dict(_BASES[unit])
    return next((bases[word] for word in words if word in bases), _BASE_BY_DEFAULT.get(unit))


_GOALS = ("target", "stretch")


def _of_topic(identifiers: tuple[str, ...], named: Sequence[str]) -> tuple[str, ...]:
    """孝心保19.24万份，完成任务的7.6%: a completion may be that of the elder units or goal the sentence is about."""
    if identifiers == ("elder_share",) and "elder" not in named:
        return ()
    if identifiers == ("completion_guideline",) and next((n for n in named if n in _GOALS), "") == "stretch":
        return ("completion_stretch", *identifiers)
    if identifiers != ("completion_guideline",) or "elder" not in named:
        return identifiers
    topic = next(name for name in named if name in ("elder", "units"))
    return ("elder_to_target", *identifiers) if topic == "elder" else (*identifiers, "elder_to_target")


_RANKED = (
    ("loss", "loss_ratio_paid_written"), ("satisfaction", "satisfaction"), ("rate", "growth_rate"),
    ("growth", "growth_units"), ("growth_full", "growth_units_full"), ("penetration", "penetration"),
    ("stretch", "completion_stretch"), ("target", "completion_guideline"), ("completion", "completion_guideline"),
    ("elder", "elder_units"), ("fiscal", "fiscal_share"), ("premium", "premium"), ("paid", "paid_amount"),
    ("claims", "claims_paid"), ("units", "units"),
)  # fmt: skip


def ranked_by(near: Sequence[Tag]) -> str:
    """The indicator that a rank is about by the words of its own clause, empty if they do not say."""
    names = {tag.name for tag in near}
    return next((identifier for word, identifier in _RANKED if word in names), "")
