"""Where a booked code lies today, and which booked codes make up a region of today."""

from hypothesis import given, settings
from hypothesis import strategies as st

from services.reporting.rules.moves import Moves, moves_from

HENG = moves_from([("450127", "450181"), ("450127100", "450181100"), ("450127400", "450102001")])
"""A county under a new code, one of its townships under another county."""


def test_a_code_is_found_under_the_successor_of_its_longest_changed_part() -> None:
    assert HENG.today_of("450127100001") == "450181100001"
    assert HENG.today_of("450127200001") == "450181200001"
    assert HENG.today_of("450127400001") == "450102001001"
    assert HENG.today_of("450102001001") == "450102001001"


def test_a_region_of_today_is_a_sum_of_booked_codes() -> None:
    assert HENG.booked_under("450181") == (("450127", 1), ("450181", 1), ("450127400", -1))
    assert HENG.booked_under("450102") == (("450102", 1), ("450127400", 1))
    assert HENG.booked_under("450127") == ()
    assert HENG.booked_under("4501") == (("4501", 1),)
    assert HENG.booked_under("450181100001") == (("450127100001", 1), ("450181100001", 1))


def test_an_exception_may_have_exceptions() -> None:
    moves = moves_from([("450127", "450181"), ("450127001", "450102001"), ("450127001001", "450181002001")])
    assert moves.booked_under("450181") == (("450127", 1), ("450181", 1), ("450127001", -1), ("450127001001", 1))


def test_a_successor_that_was_replaced_itself_is_followed_and_a_circle_ends() -> None:
    assert moves_from([("450127", "450181"), ("450181", "450199")]).today_of("450127001") == "450199001"
    assert moves_from([("450101", "450102"), ("450102", "450101")]).today_of("450101001")


COUNTIES = ("450101", "450102", "450127", "450181")
TOWNSHIPS = tuple(f"{county}{n}" for county in COUNTIES for n in ("001", "002"))
CODES = (*COUNTIES, *TOWNSHIPS, *(f"{township}001" for township in TOWNSHIPS))


@settings(max_examples=500)
@given(
    st.dictionaries(st.sampled_from(CODES), st.sampled_from(CODES), max_size=5),
    st.sampled_from([*CODES, "4501", "45"]),
)
def test_whatever_moved_the_parts_are_just_the_codes_that_lie_there_today(moved: dict[str, str], region: str) -> None:
    pairs = [(old, new) for old, new in moved.items() if len(old) == len(new) and old != new]
    moves: Moves = moves_from(pairs)
    parts = moves.booked_under(region)
    for code in CODES:
        counted = sum(sign for part, sign in parts if code.startswith(part))
        assert counted == moves.today_of(code).startswith(region), (code, parts)
