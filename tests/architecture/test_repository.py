"""The repository holds nothing that ties it to one machine, one package registry or one download."""

import re
import subprocess
from pathlib import Path

import pytest

from tests.nodes.unavailable import unavailable

ROOT = Path(__file__).parents[2]
LOCKS = ["deploy/requirements.txt", "deploy/requirements-dev.txt"]
REGISTRIES = [
    ("pypi", "org"),
    ("python" + "hosted", "org"),
    ("npmjs", "org"),
    ("npm" + "mirror", "com"),
    ("yarnpkg", "com"),
    ("crates", "io"),
    ("golang", "org"),
    ("rubygems", "org"),
    ("anaconda", "org"),
    ("mirrors", "aliyun", "com"),
    ("tuna", "tsinghua", "edu", "cn"),
]
HOSTS = re.compile("|".join(re.escape(".".join(parts)) for parts in REGISTRIES).encode())
HOMES = re.compile(rb"(?<![\w.})/-])/(?:work|root|home/\w+|Users/\w+)/" + rb"[\w.-]")


@pytest.fixture(scope="module")
def files() -> list[Path]:
    """What is tracked, or would be with the next `git add`."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, check=False)
    if listed.returncode:
        unavailable(f"git lists no files here: {listed.stderr.decode().strip()}")
    paths = [ROOT / name.decode() for name in listed.stdout.split(b"\0") if name]
    return [path for path in paths if path.is_file()]


def places(files: list[Path], pattern: re.Pattern[bytes]) -> list[str]:
    found = [(path, pattern.search(path.read_bytes())) for path in files]
    return [f"{path.relative_to(ROOT)}: {match.group().decode()}" for path, match in found if match]


def requirements(lock: Path) -> list[str]:
    """One string for each requirement, its hashes included."""
    lines = [line for line in lock.read_text().splitlines() if not line.strip().startswith("#")]
    return [entry for entry in "\n".join(lines).replace("\\\n", " ").splitlines() if entry.strip()]


def test_no_file_names_a_package_registry(files: list[Path]) -> None:
    assert places(files, HOSTS) == []


def test_no_file_holds_a_path_of_somebodys_machine(files: list[Path]) -> None:
    assert places(files, HOMES) == []


def test_no_file_is_larger_than_a_megabyte(files: list[Path]) -> None:
    assert [str(path) for path in files if path.stat().st_size > 1_000_000] == []


def test_no_tool_of_one_developer_leaves_its_lock_file(files: list[Path]) -> None:
    assert {path.name for path in files} & {"uv.lock", "pylock.toml", "poetry.lock", "Pipfile.lock"} == set()


@pytest.mark.parametrize("lock", LOCKS)
def test_every_locked_requirement_has_a_hash(lock: str) -> None:
    locked = requirements(ROOT / lock)
    assert len(locked) > 20
    assert [entry for entry in locked if "==" not in entry or "--hash=sha256:" not in entry] == []


def test_the_patterns_find_what_they_look_for(tmp_path: Path) -> None:
    assert HOSTS.search(b"https://" + b"pypi" + b".org/simple")
    assert HOMES.search(b'open("' + b"/root" + b'/notes.txt")')
    assert not HOMES.search(b"https://example.com/" + b"root/a")
