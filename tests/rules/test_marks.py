"""An id to resume from: nothing is lost and nothing told twice, whatever order messages become visible in."""

import random

import pytest

from services.reporting.rules.marks import LOOK_BACK, Mark, changed_in, mark_of, mark_read, name_of


def test_one_who_was_cut_off_anywhere_hears_the_rest_once(seed: int) -> None:
    chance = random.Random(seed)
    for _ in range(200):
        sizes = {place: chance.randrange(4) for place in range(1, 60) if chance.random() < 0.9}
        late = sorted(sizes, key=lambda place: place + chance.randrange(12))
        heard: list[tuple[int, int]] = []
        text = Mark(0).written()
        for upto in [*sorted(chance.sample(range(len(late)), 8)), len(late)]:
            mark = mark_read(text)
            assert mark is not None
            text = resumed(mark, {place: sizes[place] for place in late[:upto]}, chance.randrange(5, 90), heard)
        everything = [(place, n) for place, size in sizes.items() for n in range(size)]
        assert len(heard) == len(set(heard))
        mark = mark_read(text)
        assert mark is not None
        resumed(mark, sizes, 10_000, heard)
        assert sorted(heard) == everything


def resumed(mark: Mark, visible: dict[int, int], most: int, heard: list[tuple[int, int]]) -> str:
    """Hear up to `most` facts of what is visible and unheard; the id of the last one that was heard."""
    text = mark.written()
    for place in sorted(visible):
        told = mark.heard_of(place)
        if told is None:
            continue
        for n in range(told, visible[place]):
            if most == 0:
                return text
            most -= 1
            heard.append((place, n))
            mark = mark.after(place, n + 1 if n + 1 < visible[place] else None)
            text = mark.written()
        mark = mark.after(place)
    return text


def test_the_id_names_what_is_still_open_and_forgets_what_is_long_past() -> None:
    mark = Mark(7).after(10).after(12, 3)
    assert mark.written() == "12~8~9~11~12.3"
    assert mark_read(mark.written()) == mark
    assert mark.after(8).after(9).after(11).after(12).written() == "12"
    assert [mark.heard_of(place) for place in (7, 8, 10, 12, 13)] == [None, 0, None, 3, 0]
    far = mark.after(12 + 2 * LOOK_BACK)
    assert min(far.open) == 12 + LOOK_BACK
    assert mark_read(far.written()) == far


@pytest.mark.parametrize("text", ["", "x", "12~", "-1", "1.5", "12~8.", "1" * 19, "12~8~9;", "１２", "1" + "~1" * 300])
def test_an_id_that_is_none_of_ours_is_not_understood(text: str) -> None:
    assert mark_read(text) is None


def test_the_end_of_the_log_leaves_open_what_is_missing_among_the_newest() -> None:
    assert mark_of([]) == Mark(0)
    assert mark_of([9, 5, 6]) == Mark(9, {7: 0, 8: 0})


def test_within_a_city_a_change_has_the_name_of_the_own_region() -> None:
    assert changed_in("", ["4502", "4501"]) == ["4501", "4502"]
    assert changed_in("4501", ["4502", "4501"]) == ["4501"]
    assert changed_in("450101", ["4501"]) == ["450101"]
    assert changed_in("", []) == []


@pytest.mark.parametrize(
    ("fact", "name"),
    [
        ("guanai.region.lagging.v1", "lagging"),
        ("guanai.region.recovered.v1", "recovered"),
        ("guanai.region.milestone.v2", "milestone"),
        ("guanai.bulletin.published.v1", "bulletin"),
    ],
)
def test_what_happens_has_a_short_name(fact: str, name: str) -> None:
    assert name_of(fact) == name
