"""A process that is killed while it gives or captures credit over the API: the same request again is the same (AC-1)."""

import json
import signal
from decimal import Decimal

import pytest
from sqlalchemy import func, select

from app import clock
from app.config import Settings
from app.models.customers import Customer
from app.models.database import db
from app.models.ledger import Grant
from app.models.scope import as_customer
from app.models.usage import UsageEvent
from app.services.idempotency import LEASE
from app.services.verification.verify import verify
from tests.support import programs, tiers
from tests.support.api import Api, problem_of
from tests.support.databases import environment

GRANT: dict[str, object] = {"credits": "5", "reason": "Welcome"}


@pytest.mark.case("AC-1")
@pytest.mark.fault("A1", "A6", "A7")
@pytest.mark.parametrize(("where", "committed"), [("before", 0), ("inside", 0), ("after", 1)])
def test_it_is_one_grant_wherever_the_process_died(
    api: Api, acme: Customer, settings: Settings, where: str, committed: int
) -> None:
    path = f"/customers/{acme.customer_id}/credit_grants"
    die(settings, api, where, path, GRANT)
    assert grants(acme) == committed
    assert problem_of(api.post(path, GRANT, once="request-1")) == (409, "request_under_way")
    with clock.at(clock.now() + LEASE):
        again = api.post(path, GRANT, once="request-1")
        assert again.status_code == 201
        assert api.post(path, GRANT, once="request-1").data == again.data
    assert grants(acme) == 1


@pytest.mark.case("AC-1")
@pytest.mark.fault("A1", "A6", "A7")
@pytest.mark.parametrize(
    ("where", "committed", "keep"),
    tiers.each_once([("before a capture", "0"), ("after a capture", "1.50")], [True, False]),
)
def test_it_is_one_capture_wherever_the_process_died(
    api: Api, acme: Customer, settings: Settings, where: str, committed: str, *, keep: bool
) -> None:
    assert api.post(f"/customers/{acme.customer_id}/credit_grants", GRANT).status_code == 201
    held = api.post("/authorizations", {"customer": acme.customer_id, "credits": "4"}).get_json()["authorization"]
    path, part = f"/authorizations/{held}", {"credits": "1.5", "keep": keep}
    die(settings, api, where, f"{path}/capture", part)
    assert Decimal(api.get(path).get_json()["captured"]) == Decimal(committed)
    assert problem_of(api.post(f"{path}/capture", part, once="request-1")) == (409, "request_under_way")
    with clock.at(clock.now() + LEASE):
        again = api.post(f"{path}/capture", part, once="request-1")
        assert again.status_code == 200
        said = again.get_json()
        assert (said["credits_used"], said["captured"]) == ("1.50", "1.50")
        assert said["state"] == ("held" if keep else "captured")
        assert api.post(f"{path}/capture", part, once="request-1").data == again.data
    with as_customer(acme.customer_id):
        assert db.session.scalar(select(func.sum(UsageEvent.micros))) == 1_500_000
    assert verify(acme.customer_id) == []


def die(settings: Settings, api: Api, where: str, path: str, body: dict[str, object]) -> None:
    """Send it from a process that dies there."""
    db.session.remove()
    words = (api.key, where, path, json.dumps(body))
    died = programs.run("tests.programs.api_caller", *words, env=environment(settings), timeout=120)
    assert died.returncode == -signal.SIGKILL, died.said


def grants(customer: Customer) -> int:
    with as_customer(customer.customer_id):
        return db.session.scalar(select(func.count()).select_from(Grant)) or 0
