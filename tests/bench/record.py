"""bench.json: what was found, for programs, and to be read again."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tests.bench.result import Check, Result
from tests.bench.table import in_order


def written(path: Path, machine: Mapping[str, Any], results: Sequence[Result]) -> None:
    """Numbers are in the `unit` of their result; the file is whole at any time."""
    content = {"machine": dict(machine), "results": [_plain(result) for result in in_order(results)]}
    part = path.with_name(f"{path.name}.part")
    part.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n")
    part.replace(path)


def read(path: Path) -> tuple[dict[str, Any], list[Result]]:
    """The machine and the results of a run."""
    content = json.loads(path.read_text())
    return content["machine"], [_result(plain) for plain in content["results"]]


def _plain(result: Result) -> dict[str, Any]:
    return {
        "id": result.id,
        "work": result.work,
        "unit": result.unit,
        "product": _short(result.product),
        "peer": _short(result.peer),
        "limit": _short(result.limit),
        "ratio": _short(result.ratio),
        "bar": result.bar,
        "met": result.met,
        "full_size": result.full_size,
        "failed": result.failed,
        "checks": [_plain_check(check) for check in result.checks],
        "notes": result.notes,
        "details": dict(result.details),
    }


def _plain_check(check: Check) -> dict[str, Any]:
    return {
        "what": check.what,
        "value": _short(check.value),
        "must_be": check.must_be,
        "bar": check.bar,
        "unit": check.unit,
        "met": check.met,
    }


def _result(plain: dict[str, Any]) -> Result:
    own = {name: value for name, value in plain.items() if name not in ("bar", "met", "checks")}
    checks = [Check(**{k: v for k, v in check.items() if k != "met"}) for check in plain["checks"]]
    return Result(**own, checks=checks)


def _short(value: float | None) -> float | None:
    return None if value is None else round(value, 4)
