"""The value types that events are made of: region codes, money in fen, programme years."""

import re
from datetime import date
from functools import cache, lru_cache
from typing import Annotated, Any, NewType, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, PlainSerializer, StringConstraints, WithJsonSchema
from pydantic_core import PydanticCustomError

ProgrammeYear = NewType("ProgrammeYear", int)

RegionCode = Annotated[str, StringConstraints(pattern=r"^(\d{2}|\d{4}|\d{6}|\d{9}|\d{12})$")]
"""A national statistical division code: province 2, city 4, county 6, township 9, village 12 digits."""

LEVELS = {2: "province", 4: "city", 6: "county", 9: "township", 12: "village"}
INSURER_NAME = r"^[a-z0-9-]{3,32}$"

_MONEY = re.compile(r"-?\d{1,13}(\.\d{1,2})?", re.ASCII)
MONEY_SCHEMA = {"type": "string", "pattern": r"^-?\d{1,13}(\.\d{1,2})?$", "examples": ["128.88"]}


@lru_cache(maxsize=16_384)
def _fen_in(text: str) -> int:
    """Kept: premiums are few prices times a few units, and every one is read again in every service."""
    if not _MONEY.fullmatch(text):
        raise _not_money()
    yuan, _, decimals = text.partition(".")
    return int(yuan + decimals.ljust(2, "0"))


def _not_money() -> PydanticCustomError:
    return PydanticCustomError("not_money", 'Money is a decimal string with at most two decimals, such as "128.88"')


def fen_from_yuan(value: Any) -> int:
    """`"128.88"` -> 12888. Raises `not_money` unless it is a decimal string of at most two decimals."""
    if isinstance(value, str):
        return _fen_in(value)
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    raise _not_money()


@lru_cache(maxsize=16_384)
def yuan_from_fen(fen: int) -> str:
    """12888 -> `"128.88"`."""
    sign = "-" if fen < 0 else ""
    return f"{sign}{abs(fen) // 100}.{abs(fen) % 100:02d}"


def _not_negative(value: Any) -> int:
    if isinstance(value, int | float):
        raise PydanticCustomError("not_money", 'Money is a decimal string such as "128.88", not a number')
    fen = fen_from_yuan(value)
    if fen < 0:
        raise PydanticCustomError("not_positive", "The amount must not be negative")
    return fen


def _positive(value: Any) -> int:
    fen = _not_negative(value)
    if fen == 0:
        raise PydanticCustomError("not_positive", "The amount must be more than 0")
    return fen


_as_yuan = PlainSerializer(lru_cache(maxsize=4096)(yuan_from_fen), return_type=str)
_schema = WithJsonSchema(MONEY_SCHEMA)
_not_signed = WithJsonSchema({**MONEY_SCHEMA, "pattern": r"^\d{1,13}(\.\d{1,2})?$"})
Money = Annotated[int, BeforeValidator(fen_from_yuan), _as_yuan, _schema]
"""Money in fen (int) inside the program, a decimal string in JSON; for what the platform itself writes."""
MoneyFromOutside = Annotated[int, BeforeValidator(_not_negative), _as_yuan, _not_signed]
PositiveMoney = Annotated[int, BeforeValidator(_positive), _as_yuan, _not_signed]


class Value(BaseModel):
    """A value of the wire: immutable, unknown fields ignored, no input in error texts."""

    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)


ModelT = TypeVar("ModelT", bound=BaseModel)


def trusted(kind: type[ModelT], /, **values: Any) -> ModelT:
    """A model of values that are typed already; ALL fields must be given; a quick `model_construct`."""
    made = object.__new__(kind)
    _set_values(made, "__dict__", values)
    _set_told(made, _fields_of(kind))
    _set_extra(made, None)
    _set_private(made, None)
    return made


@cache
def _fields_of(kind: type[BaseModel]) -> set[str]:
    return set(kind.__pydantic_fields__)


_set_values = object.__setattr__
_set_told, _set_extra, _set_private = (
    vars(BaseModel)[f"__pydantic_{name}__"].__set__ for name in ("fields_set", "extra", "private")
)


class Premium(Value):
    """Premium by payer, in fen."""

    self_paid: Money = 0
    fiscal: Money = 0
    donated: Money = 0

    @property
    def total(self) -> int:
        return self.self_paid + self.fiscal + self.donated


def level_of(code: str) -> str:
    """`"4507"` -> `"city"`. Raises KeyError for a length that no level has."""
    return LEVELS[len(code)]


def with_ancestors(code: str) -> tuple[str, ...]:
    """`"450722001"` -> `("45", "4507", "450722", "450722001")`: the prefixes are the tree."""
    return tuple(code[:digits] for digits in LEVELS if digits <= len(code))


def parent_of(code: str) -> str | None:
    """The code one level up, None for a province."""
    above = with_ancestors(code)[:-1]
    return above[-1] if above else None


def last_inside(code: str) -> str:
    """The greatest code inside a region: digits only, so that every collation sorts alike."""
    return code.ljust(12, "9")


def programme_year_of(day: date, start_month: int) -> ProgrammeYear:
    """The programme year a day falls in, named by its END year (2021 = 2020-09-01 ... 2021-08-31)."""
    return ProgrammeYear(day.year + (1 if start_month > 1 and day.month >= start_month else 0))


def first_day_of(year: int, start_month: int) -> date:
    """First day of a programme year."""
    return date(year - (1 if start_month > 1 else 0), start_month, 1)
