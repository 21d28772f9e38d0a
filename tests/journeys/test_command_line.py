"""The command line as a new user meets it: on an empty directory, with mistakes, and what it says then."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest

from services.cli.reference_data import SHIPPED
from tests.journeys.platform import free_port, until


class Up:
    """`guanai up` on an empty directory."""

    def __init__(self, directory: Path) -> None:
        self.directory, self.port = directory, free_port()
        clean = {k: v for k, v in os.environ.items() if not k.startswith("GUANAI_")}
        self.environment = {**clean, "GUANAI_URL": f"http://127.0.0.1:{self.port}", "COLUMNS": "200"}
        words = ["up", "--data-dir", str(directory), "--port", str(self.port)]
        self.process = subprocess.Popen(
            [sys.executable, "-m", "services", *words], env=self.environment, stdout=subprocess.PIPE, text=True
        )
        assert self.process.stdout is not None
        told = [self.process.stdout.readline(), self.process.stdout.readline()]
        self.key = re.search(r"gk_\S+", told[0])[0]  # type: ignore[index]
        assert "Guan'ai is ready" in told[1]
        self.environment["GUANAI_ADMIN_KEY"] = self.key

    def run(self, *words: str, **environment: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [sys.executable, "-m", "services", *words],
            env={**self.environment, **environment},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    def get(self, path: str, key: str) -> httpx2.Response:
        headers = {"Authorization": f"Bearer {key}"}
        return httpx2.get(f"http://127.0.0.1:{self.port}{path}", headers=headers, trust_env=False)

    def close(self) -> None:
        self.process.send_signal(signal.SIGTERM)
        assert self.process.stdout is not None
        self.process.stdout.close()
        assert self.process.wait(timeout=25) == 0


@pytest.fixture(scope="module")
def up(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Up]:
    made = Up(tmp_path_factory.mktemp("up"))
    try:
        yield made
    finally:
        made.close()


def test_a_county_user_sees_its_county_only(up: Up) -> None:
    told = up.run("user", "add", "clerk", "--role", "county", "--region", "450722")
    key = re.search(r"gk_\S+", told.stdout)
    assert key is not None
    assert up.get("/reporting/v1/indicators?region=450722", key[0]).status_code == 200
    assert up.get("/reporting/v1/indicators?region=450721", key[0]).status_code == 404
    assert up.get("/notify/v1/notices", key[0]).json()["items"] == []
    assert up.get("/enrollment/v1/principals", key[0]).status_code == 403


def test_an_empty_programme_says_that_nothing_was_ever_received(up: Up) -> None:
    found = up.get("/reporting/v1/indicators?region=4507&year=2021", up.key).json()
    assert (found["measures"]["units"], found["no_feed"], found["fresh_to"]) == (0, True, None)
    assert found["indicators"]["growth_units"] is None


def test_doctor_finds_a_sound_platform_sound(up: Up) -> None:
    told = up.run("doctor")
    assert told.returncode == 0, told.stdout + told.stderr
    assert "FAIL" not in told.stdout
    assert "contacts: the same in notify" in told.stdout


def test_doctor_says_where_nothing_answers(up: Up) -> None:
    told = up.run("doctor", GUANAI_URL=f"http://127.0.0.1:{free_port()}")
    assert told.returncode == 1
    assert "does not answer" in told.stdout


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("user", "add", "x", "--role", "king"), "There is no role king"),
        (("user", "add", "x", "--role", "county", "--region", "45x"), "is no region code"),
        (("insurer", "add", "Böse Firma"), "cannot be the name of an insurer"),
        (("load", "regionz", str(SHIPPED / "regions.csv")), "There is no kind regionz"),
        (("simulate", "--year", "2021", "--policies", "10"), "2220"),
        (("simulate", "--year", "1999"), "2020"),
        (("dead", "show", "nothing"), "No dead letter has the id"),
        (("rebuild", "kitchen"), "Only reporting is made of facts"),
        (("serve", "kitchen"), "There is no service kitchen"),
        (("serve", "claims"), "GUANAI_AMQP_URL"),
    ],
)
def test_a_mistake_is_answered_with_what_to_do_and_no_traceback(up: Up, words: tuple[str, ...], said: str) -> None:
    told = up.run(*words)
    assert told.returncode == 1, told.stdout
    assert said in told.stderr.replace(",", "")
    assert "Traceback" not in told.stderr


def test_a_file_with_mistakes_names_every_line_and_changes_nothing(up: Up, tmp_path: Path) -> None:
    file = tmp_path / "targets.csv"
    file.write_text("region,year,kind,units,effective_on,document,status\n4501,2021,guideline,many,2020-09-01,x,F\n"
                    "45x,2021,guideline,5,2020-09-31,x,F\n")  # fmt: skip
    before = up.get("/reporting/v1/targets?region=4501&year=2021", up.key).json()
    told = up.run("load", "targets", str(file))
    assert told.returncode == 1
    assert "nothing was changed" in told.stderr
    assert all(part in told.stderr for part in ("line 2: units", "line 3: region", "line 3: effective_on"))
    assert up.get("/reporting/v1/targets?region=4501&year=2021", up.key).json() == before


def test_a_changed_target_is_a_new_version_and_the_old_one_stays(up: Up, tmp_path: Path) -> None:
    file = tmp_path / "targets.csv"
    file.write_text(
        "region,year,kind,units,effective_on,document,status\n4501,2021,guideline,500000,2021-05-01,文件,F\n"
    )
    assert up.run("load", "targets", str(file)).returncode == 0
    versions = up.get("/reporting/v1/targets?region=4501&year=2021", up.key).json()["items"]
    assert [v["units"] for v in versions if v["kind"] == "guideline"] == [500_000, 405_000]
    as_of = "/reporting/v1/indicators?region=4501&year=2021&as_of="
    assert up.get(f"{as_of}2021-04-30", up.key).json()["targets"]["guideline"]["units"] == 405_000
    assert up.get(f"{as_of}2021-05-01", up.key).json()["targets"]["guideline"]["units"] == 500_000


def test_a_simulated_year_adds_up_exactly_and_sent_again_is_known(up: Up) -> None:
    words = ("simulate", "--year", "2020", "--policies", "2220")
    assert "2,220 accepted" in up.run(*words).stdout
    assert "2,220 duplicate" in up.run(*words).stdout
    year = "/reporting/v1/indicators?region=45&year=2020"
    until(lambda: up.get(year, up.key).json()["measures"]["units"] == 2_867_602, 30, "the year is booked")
    measures = up.get(year, up.key).json()["measures"]
    assert (measures["policies"], measures["premium"]["total"]) == (2_220, "116120000.00")


def test_two_processes_cannot_share_a_data_directory_or_a_port(up: Up, tmp_path: Path) -> None:
    same_directory = up.run("up", "--data-dir", str(up.directory), "--port", str(free_port()))
    assert (same_directory.returncode, "is in use by another" in same_directory.stderr) == (1, True)
    command = up.run("user", "add", "x", "--role", "analyst", "--data-dir", str(up.directory))
    assert (command.returncode, "is in use by another" in command.stderr) == (1, True)
    same_port = up.run("up", "--data-dir", str(tmp_path / "other"), "--port", str(up.port))
    assert (same_port.returncode, "choose another --port" in same_port.stderr) == (1, True)


def test_keys_can_be_made_while_nothing_runs(tmp_path: Path) -> None:
    clean = {k: v for k, v in os.environ.items() if not k.startswith("GUANAI_")}
    words = [sys.executable, "-m", "services", "user", "add", "boss", "--role", "admin", "--data-dir", str(tmp_path)]
    told = subprocess.run(words, env=clean, capture_output=True, text=True, timeout=60, check=False)
    assert told.returncode == 0, told.stderr
    assert "gk_" in told.stdout
    assert (tmp_path / "pii.key").stat().st_mode & 0o077 == 0
