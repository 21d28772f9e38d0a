"""How figures are shown: half up, on the decimals that people see."""

from decimal import Decimal
from math import nan

import pytest

from services.reporting.rules.bulletins.document import Cell, Column, ColumnKind
from services.reporting.rules.bulletins.rounding import (
    counted,
    exact,
    percent,
    shown,
    signed,
    wan_more,
    wan_yuan,
    wan_yuan_of_fen,
)


@pytest.mark.parametrize(
    ("ratio", "decimals", "text"),
    [
        (0.138998, 2, "13.90%"),
        (1.2102418, 0, "121%"),
        (0.125, 0, "13%"),
        (0.115, 0, "12%"),
        (-0.125, 0, "-13%"),
        (0.00285, 1, "0.3%"),
        (1.005, 0, "101%"),
        (-0.00001, 2, "0.00%"),
        (1, 2, "100.00%"),
        (12.345, 0, "1235%"),
        (Decimal("0.44995"), 2, "45.00%"),
        (1e-9, 2, "0.00%"),
    ],
)
def test_a_ratio_is_rounded_half_up_on_its_own_decimals(ratio: float, decimals: int, text: str) -> None:
    assert percent(ratio, decimals) == text


@pytest.mark.parametrize(
    ("yuan", "text"),
    [
        (4_273_200, "427.32万元"),
        (131_510_000, "13151万元"),
        (62_977_150.00, "6297.72万元"),
        (50, "0.01万元"),
        (49.99, "0.00万元"),
        (Decimal("-12345.67"), "-1.23万元"),
    ],
)
def test_money_is_shown_in_wan_with_two_decimals_and_whole_wan_bare(yuan: float, text: str) -> None:
    assert wan_yuan(yuan) == text


def test_fen_and_yuan_say_the_same() -> None:
    assert wan_yuan_of_fen(427_320_000) == wan_yuan(4_273_200) == "427.32万元"


@pytest.mark.parametrize(
    ("units", "text"),
    [
        (3_061_912, "306.1万余"),
        (68_412, "6.8万余"),
        (69_999, "6.9万余"),
        (2_530_000, "253万"),
        (60_500, "6万余"),
        (61_000, "6.1万"),
        (10_000, "1万"),
        (9_999, "9999"),
        (-31_525, "-3.1万余"),
        (0, "0"),
    ],
)
def test_wan_and_more_never_rounds_up(units: int, text: str) -> None:
    assert wan_more(units) == text


def test_units_of_a_named_region_are_exact() -> None:
    assert exact(459_005) == "459005份"


@pytest.mark.parametrize(
    ("cell", "kind", "text"),
    [
        (459_005, "count", "459,005"),
        (4_127, "signed", "+4,127"),
        (-6_118, "signed", "-6,118"),
        (0, "signed", "0"),
        (0.138998, "percent", "13.90%"),
        (131_509_600.0, "money", "13,150.96"),
        (3, "rank", "3"),
        ("450722", "text", "450722"),
        (None, "text", "—"),
        (None, "rank", "—"),
        (None, "money", "—"),
    ],
)
def test_a_cell_is_shown_as_its_column_says(cell: Cell, kind: ColumnKind, text: str) -> None:
    assert shown(cell, Column(title="列", kind=kind)) == text


def test_a_column_says_how_many_decimals() -> None:
    assert shown(1.2102418, Column(title="完成率", kind="percent", decimals=0)) == "121%"
    assert shown(4_273_200, Column(title="保费", kind="money", decimals=1)) == "427.3"


def test_what_is_missing_is_a_dash_everywhere() -> None:
    assert {percent(None, 2), wan_yuan(None), wan_yuan_of_fen(None), counted(None), signed(None)} == {"—"}
    assert {percent(nan, 2), wan_yuan(nan), counted(nan), signed(nan)} == {"—"}
