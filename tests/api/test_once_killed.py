"""A process that is killed while it gives credit over the API: the same request again makes it one grant (AC-1)."""

import signal
import subprocess
import sys

import pytest
from sqlalchemy import func, select

from app import clock
from app.config import Settings
from app.models.customers import Customer
from app.models.database import db
from app.models.ledger import Grant
from app.models.scope import as_customer
from app.services.api_requests import LEASE
from tests.support.api import Api, problem_of
from tests.support.databases import environment
from tests.support.server import ROOT

GRANT = {"credits": "5", "reason": "Welcome"}


@pytest.mark.case("AC-1")
@pytest.mark.fault("A1", "A6", "A7")
@pytest.mark.parametrize(("where", "committed"), [("before", 0), ("inside", 0), ("after", 1)])
def test_it_is_one_grant_wherever_the_process_died(
    api: Api, acme: Customer, settings: Settings, where: str, committed: int
) -> None:
    path = f"/customers/{acme.customer_id}/credit_grants"
    db.session.remove()
    command = [sys.executable, "-m", "tests.api.worker_killed", api.key, where, path]
    died = subprocess.run(command, cwd=ROOT, env=environment(settings), capture_output=True, text=True, timeout=120)
    assert died.returncode == -signal.SIGKILL, died.stderr
    assert grants(acme) == committed
    assert problem_of(api.post(path, GRANT, once="wish-1")) == (409, "request_under_way")
    with clock.at(clock.now() + LEASE):
        again = api.post(path, GRANT, once="wish-1")
        assert again.status_code == 201
        assert api.post(path, GRANT, once="wish-1").data == again.data
    assert grants(acme) == 1


def grants(customer: Customer) -> int:
    with as_customer(customer.customer_id):
        return db.session.scalar(select(func.count()).select_from(Grant)) or 0
