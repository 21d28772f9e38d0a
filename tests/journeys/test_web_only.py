"""A process that only answers people: it books nothing, and shows at once what others have booked."""

import asyncio
from itertools import islice
from pathlib import Path
from typing import Any

from services.cli.reference_data import SHIPPED
from services.cli.simulation import Plan, policy_events
from tests.journeys.platform import SERVICES, Platform, furnished, until
from tests.journeys.test_a_year_flows import publish

WEB = "reporting.web"
FEW = 200


def policies_shown(platform: Platform) -> Any:
    return platform.get(WEB, "/reporting/v1/indicators?region=45&year=2021&products=all").json()["measures"]["policies"]


def facts_waiting(platform: Platform) -> Any:
    queues = platform.get(WEB, "/reporting/v1/queues").json()["items"]
    return next(queue["messages"] for queue in queues if queue["queue"] == "reporting.facts")


def test_it_shows_what_others_book_and_takes_nothing_itself(tmp_path: Path, amqp_url: str, pg_url: str) -> None:
    plan = Plan(SHIPPED, 2021, 6_000, seed=5, insurers=("guest",))
    with furnished(tmp_path, amqp_url, pg_url, (*SERVICES, WEB)) as platform:
        platform.stop("reporting")
        asyncio.run(publish(amqp_url, "policy", list(islice(policy_events(plan), FEW))))
        until(lambda: facts_waiting(platform) > 0, what="facts wait for somebody who books them")
        assert policies_shown(platform) == 0
        platform.start("reporting")
        until(lambda: policies_shown(platform) == FEW, what="what the other process books is shown")
