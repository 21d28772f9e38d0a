"""The demo as a newcomer sees it: one command, and the answers of the 2021 bulletin from the running system."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest

from tests.journeys.platform import free_port, until

SHRINKING = {"4501", "4502", "4503", "4506", "4513", "4514"}
LEADING_COUNTIES = {
    "浦北县": 206_011, "灵山县": 171_833, "海城区": 108_666, "桂平市": 91_457, "平南县": 75_559,
    "靖西市": 59_853, "青秀区": 59_475, "西乡塘区": 55_372, "武鸣区": 51_599,
}  # fmt: skip

BULLETIN_OF_2021 = (
    "全区累计承保关爱保险306.1万余份（3061912份），完成年度指导任务253万份的121%，完成力争目标300万份的102%，"
    "占常住人口的6.11%。",
    "保费13150.96万元，同比增加1538.96万元、增长13.3%",
    "财政出资2235.66万元，占17%。",
    "孝心保承保19.2万余份（192350份）",
    "累计赔付82409件、6297.72万元",
    "按已付赔款与承保保费之比为47.9%，按已付赔款与已赚保费之比为52.2%",
    "14个市中，11个市完成年度指导任务",
    "8个市达到力争目标，完成率依次为钦州市111%、北海市108%、贵港市108%、贺州市107%、河池市107%、梧州市107%、"
    "百色市107%、玉林市106%。",
    "承保份数居前的市依次为钦州市459005份、",
    "浦北县206011份、灵山县171833份、海城区108666份、桂平市91457份、平南县75559份、靖西市59853份、青秀区59475份、"
    "西乡塘区55372份、武鸣区51599份。",
    "有6个市，依次为钦州市13.90%、北海市10.46%、百色市8.49%、河池市8.42%、来宾市6.44%、贵港市6.29%；"
    "最低的为桂林市3.64%。",
    "百色市增加68412份（6.8万余份）、玉林市增加64318份（6.4万余份）、贵港市增加59246份（5.9万余份）。",
    "全部由群众自费的有2个市：钦州市、梧州市。",
    "占比最高的为来宾市，达82%。",
    "6个市承保份数同比减少：南宁市减少31525份、桂林市减少22318份、崇左市减少11428份、柳州市减少9815份、"
    "来宾市减少6118份、防城港市减少3704份。",
    "3个市未完成年度指导任务：桂林市完成92%、",
    "财政出资占保费过半的有：来宾市82%。",
    "含合成演示数据，不是统计数字。",
    "力争目标3000000份：依据工作通讯2021-10-21，自2021年4月29日起执行。",
)


class Demo:
    """`guanai up --demo` in a directory of its own."""

    def __init__(self, directory: Path) -> None:
        self.directory, self.port = directory, free_port()
        self.key = ""

    def start(self) -> float:
        """Seconds until it said that it is ready."""
        began = time.monotonic()
        words = ["up", "--demo", "--data-dir", str(self.directory), "--port", str(self.port)]
        environment = {k: v for k, v in os.environ.items() if not k.startswith("GUANAI_")}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "services", *words], env=environment, stdout=subprocess.PIPE, text=True
        )
        assert self.process.stdout is not None
        for line in self.process.stdout:
            if found := re.search(r"Admin key .*: (gk_\S+)", line):
                self.key = found[1]
            if found := re.search(r"is ready: (\S+)", line):
                self.address = found[1]
                return time.monotonic() - began
        raise AssertionError(f"the demo ended with code {self.process.wait()}")

    def stop(self, number: int = signal.SIGTERM) -> int:
        self.process.send_signal(number)
        if self.process.stdout is not None:
            self.process.stdout.close()
        return self.process.wait(timeout=25)

    def get(self, path: str, **parameters: Any) -> Any:
        answer = httpx2.get(
            f"http://127.0.0.1:{self.port}{path}",
            params=parameters,
            headers={"Authorization": f"Bearer {self.key}"},
            timeout=60,
            trust_env=False,
        )
        assert answer.status_code == 200, answer.text
        return answer.json()

    def text(self, path: str) -> str:
        headers = {"Authorization": f"Bearer {self.key}"}
        answer = httpx2.get(f"http://127.0.0.1:{self.port}{path}", headers=headers, timeout=60, trust_env=False)
        assert answer.status_code == 200, answer.text
        return answer.text

    def post(self, path: str, body: Any) -> Any:
        headers = {"Authorization": f"Bearer {self.key}"}
        return httpx2.post(f"http://127.0.0.1:{self.port}{path}", json=body, headers=headers, trust_env=False)


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    made = Demo(tmp_path_factory.mktemp("demo"))
    made.seconds = made.start()  # type: ignore[attr-defined]
    try:
        yield made
    finally:
        made.stop(signal.SIGKILL)


def indicators(demo: Demo, region: str, as_of: str = "2021-08-31") -> Any:
    return demo.get("/reporting/v1/indicators", region=region, year=2021, as_of=as_of)


def standings(demo: Demo, by: str, level: str = "city") -> list[Any]:
    rows: list[Any] = demo.get("/reporting/v1/standings", parent="45", level=level, by=by, year=2021)["rows"]
    return rows


@pytest.mark.timeout(600)
def test_the_first_start_takes_at_most_three_minutes(demo: Demo) -> None:
    assert demo.seconds <= 180  # type: ignore[attr-defined]


def test_the_province(demo: Demo) -> None:
    found = indicators(demo, "45")
    measures, ratios = found["measures"], found["indicators"]
    assert measures["units"] == 3_061_912
    assert round(100 * ratios["completion_guideline"], 2) == 121.02
    assert round(100 * ratios["completion_stretch"], 2) == 102.06
    assert measures["premium"]["total"] == "131509600.00"
    assert (measures["claims_paid"], measures["paid_amount"]) == (82_409, "62977200.00")
    assert round(100 * ratios["loss_ratio_paid_written"], 1) == 47.9
    assert round(100 * ratios["penetration"], 3) == 6.108
    assert ratios["elder_units"] == 192_350
    assert round(100 * ratios["fiscal_share"], 1) == 17.0


def test_the_cities_in_front(demo: Demo) -> None:
    units, penetration, growth = (
        standings(demo, "units"),
        standings(demo, "penetration"),
        standings(demo, "growth_units"),
    )
    assert (units[0]["region"]["name"], units[0]["value"]) == ("钦州市", 459_005)
    assert (penetration[0]["region"]["name"], round(100 * penetration[0]["value"], 2)) == ("钦州市", 13.90)
    assert (growth[0]["region"]["name"], growth[0]["value"]) == ("百色市", 68_412)
    assert {row["region"]["code"] for row in growth if row["value"] < 0} == SHRINKING
    self_paid = [row["region"]["name"] for row in standings(demo, "self_paid_share") if row["value"] == 1]
    assert sorted(self_paid) == ["梧州市", "钦州市"]


def test_beihai(demo: Demo) -> None:
    measures = indicators(demo, "4505")["measures"]
    assert (measures["units"], measures["premium"]["total"]) == (193_926, "4273200.00")
    assert (measures["claims_paid"], measures["paid_amount"]) == (1_407, "1405800.00")


def test_the_counties_in_front(demo: Demo) -> None:
    rows = standings(demo, "units", "county")
    assert len(rows) == 111
    assert {row["region"]["name"]: row["value"] for row in rows[:9]} == LEADING_COUNTIES
    assert [row["region"]["name"] for row in rows[:9]] == list(LEADING_COUNTIES)


def test_a_year_can_be_asked_as_of_any_day(demo: Demo) -> None:
    assert indicators(demo, "45", "2020-08-31")["measures"]["units"] == 0
    half = indicators(demo, "45", "2021-05-31")["measures"]["units"]
    assert 0 < half < 3_061_912


def test_exactly_the_six_shrinking_cities_and_laibin_have_notices(demo: Demo) -> None:
    notices = demo.get("/notify/v1/notices", limit=500)["items"]
    told = {(notice["region"], notice["rule"]) for notice in notices}
    assert {code for code, rule in told if rule == "negative_growth"} == SHRINKING
    assert {code for code, rule in told if rule in ("fiscal_dependence", "one_step")} == {"4513"}
    lagging = demo.get("/reporting/v1/lagging", parent="4513")["items"]
    laibin = {item["rule"]: item for item in lagging if item["region"]["code"] == "4513"}
    assert laibin["fiscal_dependence"]["severity"] == "severe"
    assert laibin["one_step"]["evidence"]["value"] > 0.9


def test_the_eleven_cities_that_reached_the_guideline_and_the_eight_that_reached_the_stretch_goal(demo: Demo) -> None:
    told = demo.get("/reporting/v1/milestones", region="45", year=2021)["items"]
    cities = [(item["milestone"], item["region"]["code"]) for item in told if item["region"]["level"] == "city"]
    reached = {name: {code for milestone, code in cities if milestone == name} for name, _ in cities}
    assert len(reached["guideline_reached"]) == 11
    assert reached["stretch_reached"] == reached["goal_growth"]
    assert len(reached["goal_growth"]) == 8


def bulletin(demo: Demo, kind: str, region: str, **more: Any) -> tuple[str, str]:
    """(id, text) of a new draft."""
    made = demo.post("/reporting/v1/bulletins", {"kind": kind, "region": region, "year": 2021, **more}).json()["id"]
    return made, demo.text(f"/reporting/v1/bulletins/{made}.txt")


def test_the_annual_bulletin_holds_the_figures_and_lists_of_2021(demo: Demo) -> None:
    _, text = bulletin(demo, "annual", "45")
    for said in BULLETIN_OF_2021:
        assert said in text, said


def test_a_citys_week_and_a_countys_townships_are_told_too(demo: Demo) -> None:
    _, city = bulletin(demo, "weekly", "4503", as_of="2021-08-29")
    assert "关于桂林市关爱保险工作进展情况的周通报（2021年8月23日至29日）" in city
    assert "七星区：完成指导任务的77%，为应有进度的77%，落后48天，" in city
    _, county = bulletin(demo, "weekly", "450722")
    assert "龙门镇" in county
    assert "各乡镇（街道）进展情况" in county


def test_the_schedule_drafts_cheaply_what_is_due_on_the_demos_day(demo: Demo) -> None:
    def made() -> list[tuple[str, str]]:
        items = demo.get("/reporting/v1/bulletins", limit=500)["items"]
        return [(item["kind"], item["as_of"]) for item in items if item["created_by"] == "schedule"]

    until(lambda: len(made()) == 45, 90, "a province and fourteen cities, three kinds each")
    assert set(made()) == {("weekly", "2021-08-29"), ("quarterly", "2021-05-31"), ("annual", "2020-08-31")}


def test_the_command_line_drafts_and_downloads(demo: Demo, tmp_path: Path) -> None:
    environment = {**os.environ, "GUANAI_URL": f"http://127.0.0.1:{demo.port}", "GUANAI_ADMIN_KEY": demo.key}
    words = ["bulletin", "annual", "--region", "45", "--year", "2021", "--format", "docx", "--out"]
    run = subprocess.run(
        [sys.executable, "-m", "services", *words, str(tmp_path / "annual.docx")],
        env=environment, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert (tmp_path / "annual.docx").read_bytes().startswith(b"PK")
    assert "关于广西壮族自治区2021年度关爱保险工作情况的通报" in run.stdout
    wrong = [sys.executable, "-m", "services", "bulletin", "weekly", "--region", "45", "--year", "2021", "--as-of", "x"]
    refused = subprocess.run(wrong, env=environment, capture_output=True, text=True, check=False)
    assert (refused.returncode, "2021-08-31" in refused.stderr) == (1, True)


def test_the_address_signs_in_once_and_shows_the_ranking(demo: Demo) -> None:
    with httpx2.Client(follow_redirects=True, trust_env=False) as browser:
        page = browser.get(demo.address)
        assert page.status_code == 200
        assert "钦州市" in page.text
        assert "459,005" in page.text
        assert "演示数据" in page.text
        assert browser.get(f"http://127.0.0.1:{demo.port}/?region=4507").status_code == 200
    with httpx2.Client(follow_redirects=True, trust_env=False) as stranger:
        assert stranger.get(demo.address).status_code == 401


def test_a_policy_moves_the_numbers_of_all_five_levels_and_a_second_start_adds_nothing(demo: Demo) -> None:
    village = "450722001001"
    levels = [village[:digits] for digits in (2, 4, 6, 9, 12)]
    before = {code: indicators(demo, code)["measures"]["units"] for code in levels}
    readme = (Path(__file__).parents[2] / "README.md").read_text()
    event = re.search(r"--data '(\{.*?\})'\n", readme, re.DOTALL)
    assert event is not None
    answer = demo.post("/enrollment/v1/events", json.loads(event[1])).json()
    assert (answer["accepted"], answer["receipts"][0]["status"]) == (1, "accepted")
    until(lambda: indicators(demo, "45")["measures"]["units"] == before["45"] + 3, 10, "the province has moved")
    assert {code: indicators(demo, code)["measures"]["units"] - before[code] for code in levels} == dict.fromkeys(
        levels, 3
    )
    assert demo.post("/enrollment/v1/events", json.loads(event[1])).json()["duplicate"] == 1

    assert demo.stop() == 0
    assert demo.start() < 5
    assert indicators(demo, "45")["measures"]["units"] == before["45"] + 3
    assert demo.get("/reporting/readyz")["status"] == "ready"
