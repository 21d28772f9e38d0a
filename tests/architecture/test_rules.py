"""Rules that people would have to remember, read from the source."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from shared.runtime.observe import METRICS

ROOT = Path(__file__).parents[2]
PRODUCT = [
    path
    for top in ("services", "shared")
    for path in sorted((ROOT / top).rglob("*.py"))
    if not {"versions", "node_modules"} & set(path.parts)
]
BEGIN = {
    "shared/messaging/apply.py", "shared/messaging/relay.py", "shared/messaging/replay.py", "shared/runtime/service.py",
    "shared/runtime/tidying.py", "shared/runtime/web.py", "shared/runtime/intake.py", "shared/runtime/database.py",
    "shared/runtime/migrations.py",
}  # fmt: skip
SETTLES = {"shared/messaging/consume.py", "shared/messaging/rabbitmq.py", "shared/messaging/transport.py"}
OUTSIDE = {"sqlalchemy", "aio_pika", "aiormq", "fastapi", "starlette", "httpx2", "aiosmtplib", "asyncpg", "aiosqlite"}


def calls(path: Path) -> Iterator[ast.Call]:
    yield from (node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call))


def method(call: ast.Call) -> str:
    return call.func.attr if isinstance(call.func, ast.Attribute) else ""


def where(name: str) -> set[str]:
    return {str(path.relative_to(ROOT)) for path in PRODUCT for call in calls(path) if method(call) == name}


def test_only_apply_the_relay_the_scheduler_and_a_request_begin_a_transaction() -> None:
    beyond = {place for place in where("begin") - BEGIN if not place.startswith("services/cli/")}
    assert {place for place in beyond if "/errands/" not in place and "/sessions" not in place} <= {
        "services/reporting/api/page.py"  # begins a session of a browser, not a transaction
    }


def test_nobody_commits_by_hand() -> None:
    assert where("commit") == set()


def test_deliveries_are_settled_in_one_place() -> None:
    assert where("ack") <= SETTLES
    assert where("nack") == where("reject") == set()


def test_rules_await_nothing_and_know_no_database_broker_or_web() -> None:
    for path in (path for path in PRODUCT if "rules" in path.relative_to(ROOT).parts or path.name == "rules.py"):
        tree = ast.parse(path.read_text())
        assert not any(isinstance(node, ast.Await | ast.AsyncFunctionDef) for node in ast.walk(tree)), path
        assert not imported(tree) & OUTSIDE, path


def imported(tree: ast.Module) -> set[str]:
    direct = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    from_ = {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    return {name.split(".")[0] for name in direct | from_}


def test_log_lines_are_fixed_words_with_fields() -> None:
    for path in PRODUCT:
        for call in calls(path):
            if method(call) in ("debug", "info", "warning", "error", "exception") and "log" in ast.dump(call.func):
                said = call.args[0]
                assert isinstance(said, ast.Constant), f"{path}:{call.lineno}"
                assert re.fullmatch(r"[a-z0-9_]+", str(said.value)), f"{path}:{call.lineno}"
                assert not {"data", "body", "payload", "event", "events"} & {k.arg for k in call.keywords}, path


def test_every_metric_that_is_counted_stands_in_the_one_list_and_no_other_does() -> None:
    used = {
        str(call.args[0].value)
        for path in PRODUCT
        for call in calls(path)
        if method(call) in ("count", "note") and call.args and isinstance(call.args[0], ast.Constant)
        if isinstance(call.args[0].value, str) and call.args[0].value.isidentifier()
    }
    assert used == set(METRICS)
