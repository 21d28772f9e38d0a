"""The floor plan: which rooms a house may have, what shared/ holds, and that every room says what it knows."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TOP = {
    ".ci", ".gitignore", "Makefile", "README.md", "deploy", "docs", "pyproject.toml", "services", "shared", "tests",
}  # fmt: skip
SERVICES = ("enrollment", "claims", "reporting", "notify")
ROOMS = {
    "__init__", "__main__", "subscriptions", "api", "handlers", "rules", "queries", "tables", "gateways", "errands",
    "settings", "migrations",
}  # fmt: skip
OWN_ROOMS = {"reporting": {"reference", "dashboard"}}
SHARED = {
    "contracts": {
        "envelope", "facts", "judgements", "receipts", "reference", "registry", "schemas", "submissions", "values",
    },
    "messaging": {
        "apply", "consume", "copying", "door", "envelopes", "folding", "happenings", "heard", "inbox", "listeners",
        "local", "message_ids", "outbox", "outcomes", "parking", "rabbitmq", "rabbitmq_messages", "rabbitmq_topology",
        "relay", "replay", "retention", "standby", "tables", "topology", "transaction", "transport", "watch",
    },
    "runtime": {
        "clock", "database", "intake", "loop_watch", "migrations", "observe", "oidc", "operations", "principals",
        "process", "queues", "reference", "security", "service", "sessions", "settings", "tidying", "web",
    },
}  # fmt: skip
TEST_FOLDERS = {
    "architecture", "bench", "browser", "contracts", "faults", "handlers", "journeys", "messaging", "nodes", "rules",
}  # fmt: skip
SAY_NOTHING = {
    "utils",
    "helpers",
    "common",
    "misc",
    "base",
    "core",
    "lib",
    "manager",
    "processor",
    "service2",
    "handlers2",
}


def names_in(folder: Path) -> set[str]:
    return {path.stem for path in folder.iterdir() if path.name != "__pycache__" and not path.name.startswith(".")}


def modules() -> list[Path]:
    found = [path for top in ("services", "shared", "tests") for path in sorted((ROOT / top).rglob("*.py"))]
    return [path for path in found if "versions" not in path.parts and "node_modules" not in path.parts]


def docstring_of(path: Path) -> str:
    return ast.get_docstring(ast.parse(path.read_text())) or ""


def test_nothing_else_of_weight_stands_at_the_top() -> None:
    import subprocess

    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split(
        "\n"
    )
    assert {name.split("/")[0] for name in tracked if name} <= TOP


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_has_the_rooms_of_the_plan_and_no_others(service: str) -> None:
    assert names_in(ROOT / "services" / service) <= ROOMS | OWN_ROOMS.get(service, set())


@pytest.mark.parametrize("service", SERVICES)
def test_the_name_plate_says_what_goes_in_what_comes_out_and_what_it_owns(service: str) -> None:
    plate = docstring_of(ROOT / "services" / service / "__init__.py")
    assert all(f"\n{word}:" in plate for word in ("In", "Out", "Own")), plate


def test_shared_is_a_closed_list_of_three_drawers() -> None:
    assert names_in(ROOT / "shared") - {"__init__"} == set(SHARED)
    for drawer, files in SHARED.items():
        assert names_in(ROOT / "shared" / drawer) - {"__init__"} <= files, drawer


def test_no_file_stands_in_the_shadow_of_a_folder_of_its_name() -> None:
    assert [path for path in modules() if (path.with_suffix("") / "__init__.py").exists()] == []


def test_tests_lie_where_what_they_prove_says() -> None:
    assert {path.name for path in (ROOT / "tests").iterdir() if path.is_dir()} - {"__pycache__"} <= TEST_FOLDERS


def test_every_name_says_something() -> None:
    assert [path for path in modules() if path.stem in SAY_NOTHING] == []


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(ROOT)))
def test_every_module_says_in_its_first_line_what_it_knows(path: Path) -> None:
    text = docstring_of(path)
    empty_package = path.name == "__init__.py" and not path.read_text().strip()
    assert empty_package or text.split("\n")[0].strip().endswith((".", ":", "?")), path
