"""Another province, loaded from files, with a programme year of its own: nothing in the code knows Guangxi."""

import csv
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest

from tests.journeys.platform import free_port, until

PROVINCE, CITIES = "62", ("6201", "6202")
COUNTIES = tuple(f"{city}{n:02d}" for city in CITIES for n in (1, 2))
TOWNSHIPS = tuple(f"{county}001" for county in COUNTIES)
VILLAGES = tuple(f"{township}{n:03d}" for township in TOWNSHIPS for n in (1, 2))
LEVEL = {2: "province", 4: "city", 6: "county", 9: "township", 12: "village"}
TODAY = date(2022, 12, 31)
SOLD = {"620101": (700, 400), "620102": (300, 500), "620201": (250, 300), "620202": (250, 300)}
"""Units of 2022 and of 2021 by county."""


def write(path: Path, head: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([head, *rows])


def reference(directory: Path) -> Path:
    """The files of a province: tree, residents, targets; its catalogue is the shipped one."""
    directory.mkdir()
    codes = sorted({code for village in VILLAGES for digits in LEVEL if (code := village[:digits])})
    above = {2: 0, 4: 2, 6: 4, 9: 6, 12: 9}
    tree = [(c, f"地区{c}", LEVEL[len(c)], c[: above[len(c)]]) for c in codes]
    write(directory / "regions.csv", ("code", "name", "level", "parent"), tree)
    people = [(c, f"地区{c}", 10_000 * len(c), LEVEL[len(c)], "census2020", "") for c in (PROVINCE, *CITIES, *COUNTIES)]
    write(directory / "population.csv", ("code", "name", "resident_population", "level", "status", "source"), people)
    goals = [(code, 2022, "guideline", 1_200, "2022-01-01", "省〔2022〕1号", "F") for code in (PROVINCE,)]
    goals += [(code, 2022, "guideline", 600, "2022-01-01", "省〔2022〕1号", "F") for code in CITIES]
    goals += [(code, 2022, "guideline", 300, "2022-01-01", "省〔2022〕1号", "F") for code in COUNTIES]
    write(directory / "targets.csv", ("region", "year", "kind", "units", "effective_on", "document", "status"), goals)
    return directory


class Province:
    """`guanai up` with files of one's own."""

    def __init__(self, directory: Path) -> None:
        self.port = free_port()
        clean = {k: v for k, v in os.environ.items() if not k.startswith("GUANAI_")}
        own = {"GUANAI_PROGRAMME_START_MONTH": "1", "GUANAI_TODAY": TODAY.isoformat()}
        words = ["--data-dir", str(directory / "data"), "--reference", str(reference(directory / "reference"))]
        self.environment = {**clean, **own, "GUANAI_URL": f"http://127.0.0.1:{self.port}"}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "services", "up", "--port", str(self.port), *words],
            env=self.environment, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        assert self.process.stdout is not None
        key = re.search(r"gk_\S+", self.process.stdout.readline())
        assert key is not None
        self.environment["GUANAI_ADMIN_KEY"] = key[0]
        assert "is ready" in self.process.stdout.readline()
        self.http = httpx2.Client(headers={"Authorization": f"Bearer {key[0]}"}, timeout=60, trust_env=False)

    def get(self, path: str, **parameters: Any) -> Any:
        answer = self.http.get(f"http://127.0.0.1:{self.port}/reporting/v1/{path}", params=parameters)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def send(self, events: list[dict[str, Any]]) -> Any:
        return self.http.post(f"http://127.0.0.1:{self.port}/enrollment/v1/events", json=events).json()

    def close(self) -> None:
        self.http.close()
        self.process.send_signal(signal.SIGTERM)
        assert self.process.stdout is not None
        self.process.stdout.close()
        assert self.process.wait(timeout=25) == 0


def policy(number: int, county: str, units: int, sold_on: date) -> dict[str, Any]:
    person = {"name": "测试", "id_number": "110105198001010016"}
    day = sold_on.isoformat()
    data = {
        "policy_no": f"P{number}", "product": "family_care", "region": f"{county}001001", "units": units,
        "premium": {"self_paid": f"{units * 30}.00", "fiscal": "0.00", "donated": "0.00"},
        "household_no": f"H{number}", "policyholder": person, "insured": [{**person, "relation": "self"}],
        "sold_on": day, "effective_from": day, "effective_to": (sold_on + timedelta(days=364)).isoformat(),
    }  # fmt: skip
    kind = "guanai.insurer.policy.issued.v1"
    source = "urn:guanai:insurer:northwest-life"
    return {"specversion": "1.0", "id": f"e{number}", "source": source, "type": kind, "data": data}


@pytest.fixture(scope="module")
def province(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Province]:
    made = Province(tmp_path_factory.mktemp("province"))
    try:
        events = [
            policy(4 * n + m, county, units, date(year, 5, 10))
            for m, (county, sold) in enumerate(SOLD.items())
            for n, (year, units) in enumerate(zip((2022, 2021), sold, strict=True))
        ]
        assert made.send(events)["accepted"] == len(events)
        total = sum(units for units, _ in SOLD.values())
        until(lambda: made.get("indicators", region=PROVINCE)["measures"]["units"] == total, 20, "all is booked")
        yield made
    finally:
        made.close()


def test_the_programme_year_is_the_calendar_year(province: Province) -> None:
    answer = province.get("indicators", region=PROVINCE)
    assert answer["programme_year"] == 2022
    assert answer["indicators"]["completion_guideline"] == 1_500 / 1_200
    assert answer["indicators"]["growth_units"] == 0
    assert answer["indicators"]["penetration"] == 1_500 / 20_000
    early = province.get("indicators", region=PROVINCE, year=2022, as_of="2022-01-01")
    assert early["measures"]["units"] == 0
    assert province.get("series", region=PROVINCE, year=2022, grain="month")["items"][0]["from"] == "2022-01-01"


def test_its_regions_are_ranked_and_its_changes_explained(province: Province) -> None:
    rows = province.get("standings", parent=PROVINCE, level="county", by="units")["rows"]
    assert [(row["rank"], row["region"]["code"]) for row in rows] == [
        (1, "620101"), (2, "620102"), (3, "620201"), (3, "620202"),
    ]  # fmt: skip
    told = province.get("why", region="6201", indicator="units", **{"from": "2021-12-31", "to": "2022-12-31"})
    assert {item["child"]: item["contribution"] for item in told["items"]} == {"620101": 300, "620102": -200}


def test_its_lagging_regions_are_told(province: Province) -> None:
    def lagging() -> set[tuple[str, str]]:
        items = province.get("lagging", parent=PROVINCE, year=2022)["items"]
        return {(item["rule"], item["region"]["code"]) for item in items}

    expected = {("negative_growth", code) for code in ("6202", "620102", "620201", "620202")}
    until(lambda: expected <= lagging(), 20, "the shrinking regions are told")
    assert not {("negative_growth", code) for code in ("6201", "620101")} & lagging()


def test_its_bulletin_speaks_of_its_own_places(province: Province) -> None:
    place = f"http://127.0.0.1:{province.port}/reporting/v1/bulletins"
    made = province.http.post(place, json={"kind": "annual", "region": PROVINCE, "year": 2022})
    assert made.status_code == 201, made.text
    text = province.http.get(f"{place}/{made.json()['id']}.txt").text
    assert "截至2022年12月31日" in text
    assert "1500份" in text
    assert "125%" in text
    assert "地区6202" in text
    assert not re.search("广西|全区|45[0-9]{2}", text)
    assert "省〔2022〕1号" in str(province.get(f"bulletins/{made.json()['id']}"))
    for form in ("docx", "xlsx", "pdf", "html", "chat.txt", "chat.png"):
        assert province.http.get(f"{place}/{made.json()['id']}.{form}").status_code == 200, form


def test_its_books_agree_with_what_its_sources_tell(province: Province) -> None:
    run = subprocess.run(
        [sys.executable, "-m", "services", "reconcile"],
        env=province.environment, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert run.returncode == 0, run.stdout + run.stderr
    assert "8 county-days agree" in run.stdout
