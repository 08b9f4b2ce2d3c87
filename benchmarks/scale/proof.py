"""What was acknowledged, held against the rows: nothing missing, nothing twice, and the books prove themselves."""

import json
from dataclasses import dataclass, replace

from app import create_app
from app.models.database import db
from app.services.verification.verify import verify
from benchmarks.scale.load import Acknowledged, Answers
from benchmarks.scale.machines import DATABASE, Machines
from tests.support.postgres import Cluster

_AUTHORIZED = "select id from authorizations where state = 'captured'"
_REPORTED = "select id from usage_events where authorization_id is null"
_GIVEN = "select id from grants where reason = 'Load'"
_COUNTED = "select coalesce(sum(quantity), 0)::bigint from usage_totals"


@dataclass(frozen=True)
class Compared:
    """What was acknowledged of one kind, and what the rows say."""

    what: str
    acknowledged: int
    missing: int
    twice: int
    """Rows beyond what was acknowledged: a call that had its effect twice."""


def compared(machines: Machines, cluster: Cluster, answers: Answers) -> list[Compared]:
    """Compare what was acknowledged with the rows of this server. Every call was asked again until it was answered."""
    acknowledged: dict[str, list[str]] = {_AUTHORIZED: [], _REPORTED: [], _GIVEN: []}
    for each in answers.acknowledged:
        statement, ids = _ids(each)
        if ids:
            acknowledged[statement] += ids
    called = {"authorizations captured": _AUTHORIZED, "usage events": _REPORTED, "grants of credit": _GIVEN}
    found = []
    with machines.superuser(cluster) as connection:
        for what, statement in called.items():
            rows = [str(row[0]) for row in connection.execute(statement)]  # type: ignore[call-overload]
            known = acknowledged[statement]
            found.append(
                Compared(what, len(known), len(set(known) - set(rows)), len(rows) - len(set(rows) & set(known)))
            )
        row = connection.execute(_COUNTED).fetchone()
        units = len(acknowledged[_AUTHORIZED]) + len(acknowledged[_REPORTED])
        counted = int(str(row[0])) if row else 0
        found.append(Compared("units on the meters", units, max(0, units - counted), max(0, counted - units)))
    return found


def _ids(each: Acknowledged) -> tuple[str, list[str]]:
    said = json.loads(each.said) if each.said.startswith("{") else {}
    match each.call.kind:
        case "authorize + capture":
            return _AUTHORIZED, [said["authorization"]]
        case "grant of credit":
            return _GIVEN, [said["id"]]
        case "usage event":
            return _REPORTED, [json.loads(each.call.body)["id"]]
        case _:
            return "", []


def violations(machines: Machines, cluster: Cluster) -> list[str]:
    """Return what `verify` finds on this server."""
    url = cluster.url(DATABASE)
    app = create_app(replace(machines.settings, database_url=url, replica_url=""))
    with app.app_context():
        found = [f"{each}" for each in verify()]
        db.session.remove()
        db.engine.dispose()
    return found
