"""What an installation runs, without what only a demo and tests have."""

import json
import subprocess
import sys

import pytest

from app.config import Settings
from app.services import jobs
from tests.architecture.source import ROOT
from tests.support import databases, stripe_api


@pytest.mark.parametrize(
    "database", ["sqlite", pytest.param("postgresql", marks=pytest.mark.proof)], indirect=True
)  # what is imported is the same
def test_production_runs_where_the_sandbox_cannot_be_imported(settings: Settings) -> None:
    with stripe_api.answering(settings) as address:
        environ = databases.environment(settings, PAYMENTS="stripe", STRIPE_API_BASE=address, **stripe_api.KEYS)
        ran = subprocess.run(
            [sys.executable, "-m", "tests.programs.without_sandbox"],
            cwd=ROOT,
            env=environ,
            capture_output=True,
            text=True,
        )
    assert ran.returncode == 0, ran.stderr[-3000:]
    found = json.loads(ran.stdout.splitlines()[-1])
    assert found["key"] == stripe_api.KEYS["STRIPE_PUBLISHABLE_KEY"]
    assert found["sandbox"] == "app.gateways.sandbox is not installed"
    assert set(found["done"]) == set(jobs.JOBS) and found["done"]["sandbox_events_delivered"] == 0
    assert found["done"]["setups_checked"] == 1, "Stripe was asked for what Alice had begun"
    assert {"app.worker", "app.cli.worker", "app.forms.payment_methods", "app.services.jobs"} <= set(found["modules"])
    assert len(found["modules"]) > 200
