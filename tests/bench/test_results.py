"""A bar is missed if any of its numbers misses it, and documents say what was measured."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.bench.document import BEGIN, END, NoPlace, document_in
from tests.bench.percentiles import percentile
from tests.bench.record import read, written
from tests.bench.result import Check, Result, failure
from tests.bench.table import rows_of

GOOD, BAD = Check("× the limit", 0.13, "≥", 0.12), Check("memory", 401, "<", 400, "MiB")
MACHINE = {"cpu": "a fast one", "cores": 2, "date": "2026-01-01T00:00:00+00:00"}


def result(*checks: Check, name: str = "B1", full_size: bool = True) -> Result:
    return Result(name, "policies", "policies/s", 13_000.4, 500.0, 100_000, 0.13, checks, "so it is", full_size)


@pytest.mark.parametrize(
    ("check", "met"),
    [(GOOD, True), (BAD, False), (Check("lost", 1, "=", 0), False), (Check("cost", 1.15, "≤", 1.15), True)],
)
def test_a_bar_is_reached_or_not(check: Check, met: bool) -> None:
    assert check.met is met


@pytest.mark.parametrize(
    ("found", "verdict"),
    [
        (result(GOOD), "yes"),
        (result(GOOD, BAD), "NO"),
        (result(), "NO"),
        (result(GOOD, full_size=False), "trial"),
        (failure("B6", "a year", ValueError("stuck")), "failed"),
    ],
)
def test_a_benchmark_is_met_when_all_its_bars_are_at_full_size(found: Result, verdict: str) -> None:
    assert found.verdict == verdict
    assert found.met is (verdict == "yes")


def test_the_table_shows_every_bar() -> None:
    first, second = rows_of(result(GOOD, BAD))
    assert first == ("B1", "policies", "13,000 policies/s", "500 policies/s", "100,000 policies/s", "0.13 ×",
                     "≥ 0.12 ×", "yes")  # fmt: skip
    assert second == ("", "  memory", "401 MiB", "", "", "", "< 400 MiB", "NO")


def test_what_is_written_is_read_again_in_the_order_of_the_ids(tmp_path: Path) -> None:
    results = [result(GOOD, BAD, name="B9"), failure("B6", "a year", ValueError("stuck")), result(GOOD)]
    written(tmp_path / "bench.json", MACHINE, results)
    machine, found = read(tmp_path / "bench.json")
    assert machine == MACHINE
    assert [one.id for one in found] == ["B1", "B6", "B9"]
    assert [one.verdict for one in found] == ["yes", "failed", "NO"]
    assert [path.name for path in tmp_path.iterdir()] == ["bench.json"]


def document(tmp_path: Path, text: str, results: Sequence[Result]) -> str:
    written(tmp_path / "bench.json", MACHINE, results)
    (tmp_path / "benchmarks.md").write_text(text)
    document_in(tmp_path / "benchmarks.md", tmp_path / "bench.json")
    return (tmp_path / "benchmarks.md").read_text()


def test_a_document_gets_the_table_between_its_marks_and_keeps_the_rest(tmp_path: Path) -> None:
    text = document(tmp_path, f"before\n{BEGIN}\nold\n{END}\nafter\n", [result(GOOD, BAD)])
    assert text.startswith(f"before\n{BEGIN}\n2026-01-01T00:00:00+00:00: cpu a fast one, cores 2\n")
    assert (
        "| B1 | policies | 13,000 policies/s | 500 policies/s | 100,000 policies/s | 0.13 × | ≥ 0.12 × | yes |" in text
    )
    assert "- B1: so it is" in text
    assert text.endswith(f"\n{END}\nafter\n")
    assert "old" not in text


def test_a_document_without_marks_is_left_alone(tmp_path: Path) -> None:
    with pytest.raises(NoPlace):
        document(tmp_path, "no marks\n", [result(GOOD)])


def test_a_percentile_is_a_value_that_was_measured() -> None:
    values = [float(n) for n in range(100, 0, -1)]
    assert [percentile(values, share) for share in (0.5, 0.99, 1.0)] == [50, 99, 100]
    assert percentile([7.0], 0.99) == 7
    assert percentile([], 0.5) == float("inf")
