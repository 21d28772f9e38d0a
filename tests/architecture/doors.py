"""What every route is about and who may ask it: the matrix that the test of scopes goes through, route by route."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

READERS = frozenset({"operator", "analyst", "county", "auditor"})
LOOKERS = READERS | {"insurer"}
PLANNERS = frozenset({"operator", "analyst"})
CLERKS = frozenset({"operator", "analyst", "county"})
OPERATORS, ANALYSTS, COUNTIES = frozenset({"operator"}), frozenset({"analyst"}), frozenset({"county"})
INSURERS, NOBODY = frozenset({"insurer"}), frozenset[str]()
DAYS = {"from": "2021-03-01", "to": "2021-08-31"}
Asked = dict[str, Any]
"""`params`, `json` or parts of the path of a request."""


@dataclass(frozen=True)
class About:
    """A route that names a region; 404 outside the scope, or 422 where it takes a table of rows."""

    roles: frozenset[str]
    asking: Callable[[str], Asked]
    hidden: int = 404


@dataclass(frozen=True)
class Within:
    """A route that names no region: it answers whoever has the role, and tells only of the scope."""

    roles: frozenset[str]


@dataclass(frozen=True)
class OneThing:
    """A route of one thing by its id; of which kind there is one in every region of the test, else none."""

    roles: frozenset[str]
    kind: str = ""
    body: Any = None


@dataclass(frozen=True)
class Whole:
    """A route that concerns every region: 403 for whoever sees only some of them."""

    roles: frozenset[str]


@dataclass(frozen=True)
class Beside:
    """Health, documents and intake, tested apart."""


Door = About | Within | OneThing | Whole | Beside


def query(name: str = "region", **more: Any) -> Callable[[str], Asked]:
    return lambda code: {"params": {name: code, **more}}


def body(**more: Any) -> Callable[[str], Asked]:
    return lambda code: {"json": {"region": code, **more}}


def path(code: str) -> Asked:
    return {"code": code}


def target(code: str) -> Asked:
    row = {"region": code, "year": 2021, "kind": "guideline", "units": 7, "effective_on": "2021-01-01"}
    return {"json": [row]}


def population(code: str) -> Asked:
    return {"json": [{"code": code, "resident_population": 1_000, "status": "census2020"}]}


def agent(code: str) -> Asked:
    township = code.ljust(9, "9")[:9]
    return {"json": [{"agent_no": f"A{township}", "region": township, "villages": [], "name": "人"}]}


def _of_all(name: str) -> dict[str, Door]:
    at = f"/{name}/v1"
    operated = (
        f"GET {at}/parked", f"POST {at}/parked/{{parked_id}}/requeue", f"GET {at}/queues", f"GET {at}/dead",
        f"POST {at}/dead/{{dead_id}}/requeue", f"POST {at}/replays", f"GET {at}/replays/{{replay_id}}",
    )  # fmt: skip
    administered = (
        f"GET {at}/principals", f"POST {at}/principals", f"DELETE {at}/principals/{{principal_id}}",
        f"GET {at}/reference", f"PUT {at}/reference/{{kind}}",
    )  # fmt: skip
    open_ = (f"GET /{name}/{page}" for page in ("healthz", "readyz", "metrics"))
    return {
        **dict.fromkeys(operated, Whole(OPERATORS)),
        **dict.fromkeys(administered, Whole(NOBODY)),
        **dict.fromkeys((*open_, f"GET {at}/receipts"), Beside()),
    }


_ENROLLMENT: dict[str, Door] = {
    "GET /enrollment/v1/policies": About(LOOKERS, query()),
    "GET /enrollment/v1/policies/{insurer}/{policy_no}": OneThing(LOOKERS),
    "GET /enrollment/v1/products": Within(LOOKERS),
    "GET /enrollment/v1/agents": About(READERS, query()),
    "POST /enrollment/v1/agents": About(OPERATORS, agent, 422),
    "GET /enrollment/v1/agents/coverage": About(READERS, query()),
    "POST /enrollment/v1/events": Beside(),
    "POST /enrollment/v1/totals": Whole(OPERATORS),
}
_CLAIMS: dict[str, Door] = {
    "GET /claims/v1/claims": About(LOOKERS, query()),
    "GET /claims/v1/claims/{insurer}/{claim_no}": OneThing(LOOKERS),
    "POST /claims/v1/events": Beside(),
    "POST /claims/v1/totals": Whole(OPERATORS),
}
_NOTIFY: dict[str, Door] = {
    "GET /notify/v1/notices": About(READERS, query()),
    "GET /notify/v1/notices/{notice_id}": OneThing(READERS),
    "POST /notify/v1/notices/{notice_id}/pledge": OneThing(COUNTIES, body={"due_on": "2021-09-30", "text": "x"}),
    "GET /notify/v1/deliveries": About(READERS, query()),
    "GET /notify/v1/contacts": About(READERS, query()),
    "GET /notify/v1/silences": Within(READERS),
    "POST /notify/v1/silences": About(OPERATORS, body(until="2021-09-30", reason="x")),
    "DELETE /notify/v1/silences/{silence_id}": OneThing(OPERATORS),
    "GET /notify/v1/routes": Within(OPERATORS),
    "POST /notify/v1/routes": About(OPERATORS, body(channel="mail", address="a@example.com")),
    "DELETE /notify/v1/routes/{route_id}": OneThing(OPERATORS),
}
_NEW = {"kind": "annual", "year": 2021, "as_of": "2021-08-31"}
_PROPOSED = {"year": 2021, "method": "population", "units": 5}
_ACKNOWLEDGED = {"rule": "one_step", "year": 2021, "reason": "x"}
_NUMBERS: dict[str, Door] = {
    "GET /reporting/v1/indicators": About(READERS, query()),
    "GET /reporting/v1/standings": About(READERS, query("parent", by="units", level="village")),
    "GET /reporting/v1/series": About(READERS, query()),
    "GET /reporting/v1/why": About(READERS, query(**DAYS)),
    "GET /reporting/v1/facts": About(READERS, query()),
    "GET /reporting/v1/lagging": About(READERS, query("parent")),
    "POST /reporting/v1/lagging/acknowledgements": About(OPERATORS, body(**_ACKNOWLEDGED)),
    "GET /reporting/v1/milestones": About(READERS, query()),
    "GET /reporting/v1/rules": Within(READERS),
    "PUT /reporting/v1/rules": Whole(OPERATORS),
    "GET /reporting/v1/regions/{code}": About(READERS, path),
    "GET /reporting/v1/regions/{code}/children": About(READERS, path),
    "POST /reporting/v1/text-checks": About(CLERKS, body(text="承保100份")),
    "GET /reporting/v1/targets": About(READERS, query(year=2021)),
    "PUT /reporting/v1/targets": About(PLANNERS, target, 422),
    "GET /reporting/v1/targets/cascade": About(READERS, query(year=2021)),
    "POST /reporting/v1/targets/proposals": About(PLANNERS, body(**_PROPOSED)),
    "GET /reporting/v1/populations": About(READERS, query()),
    "PUT /reporting/v1/populations": About(OPERATORS, population, 422),
    "GET /reporting/v1/stream": Beside(),
}
_TRUST: dict[str, Door] = {
    "POST /reporting/v1/reconciliations": Whole(OPERATORS),
    "GET /reporting/v1/reconciliations": Within(OPERATORS),
    "GET /reporting/v1/reconciliations/{look_id}": OneThing(OPERATORS),
    "GET /reporting/v1/differences": Within(OPERATORS),
    "GET /reporting/v1/tellings": Within(OPERATORS),
    "GET /reporting/v1/invariants": Within(OPERATORS),
    "GET /reporting/v1/rebuilds": Whole(OPERATORS),
    "POST /reporting/v1/rebuilds": Whole(OPERATORS),
    "GET /reporting/v1/rebuilds/{rebuild_id}": Whole(OPERATORS),
    "DELETE /reporting/v1/rebuilds/{rebuild_id}": Whole(OPERATORS),
    "PUT /reporting/v1/rebuilds/{rebuild_id}/replays/{source}": Whole(OPERATORS),
    "POST /reporting/v1/rebuilds/{rebuild_id}/comparison": Whole(OPERATORS),
    "POST /reporting/v1/rebuilds/{rebuild_id}/switch": Whole(OPERATORS),
}
_FILES = ("html", "docx", "xlsx", "pdf", "txt", "chat.txt", "chat.png")
_BULLETINS: dict[str, Door] = {
    "GET /reporting/v1/bulletins": About(READERS, query()),
    "POST /reporting/v1/bulletins": About(ANALYSTS, body(**_NEW)),
    "GET /reporting/v1/bulletins/{bulletin_id}": OneThing(READERS, "bulletin"),
    "PATCH /reporting/v1/bulletins/{bulletin_id}": OneThing(ANALYSTS, "bulletin", {"title": "通报"}),
    "POST /reporting/v1/bulletins/{bulletin_id}/errata": OneThing(ANALYSTS, "bulletin", {"cause": "x"}),
    **{f"GET /reporting/v1/bulletins/{{bulletin_id}}.{form}": OneThing(READERS, "bulletin") for form in _FILES},
    "POST /reporting/v1/bulletins/{bulletin_id}/publish": OneThing(ANALYSTS, "bulletin", {}),
    "GET /reporting/v1/fonts": Within(OPERATORS),
}
DOORS: dict[str, Door] = {
    **{key: door for name in ("enrollment", "claims", "reporting", "notify") for key, door in _of_all(name).items()},
    **_ENROLLMENT, **_CLAIMS, **_NOTIFY, **_NUMBERS, **_TRUST, **_BULLETINS,
}  # fmt: skip
