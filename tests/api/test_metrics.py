"""Health and metrics: what watches the server reads, without a key and without a customer's name in it."""

import subprocess
import sys
from pathlib import Path

import pytest
from flask import Flask
from prometheus_client.parser import text_string_to_metric_families as families
from sqlalchemy import event
from sqlalchemy.engine import Engine
from sqlalchemy.exc import OperationalError

from app.config import Settings
from app.models.customers import Customer
from tests.support.api import Api
from tests.support.databases import environment
from tests.support.server import ROOT


def samples(text: str) -> dict[tuple[str, ...], float]:
    return {
        (sample.name, *(value for _name, value in sorted(sample.labels.items()))): sample.value
        for family in families(text)
        for sample in family.samples
    }


def test_the_process_is_alive_and_ready(app: Flask) -> None:
    assert app.test_client().get("/healthz").get_json() == {"status": "ok"}
    assert app.test_client().get("/readyz").get_json()["checks"]["database"] == "ok"


def test_every_answer_is_counted_by_its_route(app: Flask, api: Api, acme: Customer) -> None:
    for _ in range(3):
        api.get(f"/customers/{acme.customer_id}/balance")
    api.get("/customers/cus_nobody/balance")
    app.test_client().open("/nothing/at/all", method="STRANGE")
    answer = app.test_client().get("/metrics")
    found = samples(answer.text)
    route = "/v1/customers/<customer_id>/balance"
    assert found["purser_answers_total", "GET", route, "200"] == 3
    assert found["purser_answers_total", "GET", route, "404"] == 1
    assert found["purser_answers_total", "other", "(none)", "404"] == 1
    assert found["purser_answer_seconds_count", "GET", route] == 4
    assert acme.customer_id not in answer.text
    assert "STRANGE" not in answer.text


def test_what_waits_is_shown_by_kind(app: Flask) -> None:
    found = samples(app.test_client().get("/metrics").text)
    assert found["purser_database_up",] == 1
    for kind in ("mail", "event", "webhook"):
        assert found["purser_jobs_waiting", kind] == 0
        assert found["purser_jobs_dead", kind] == 0


def test_without_the_database_the_rest_is_still_shown(app: Flask) -> None:
    def away(*_args: object) -> None:
        raise OperationalError("away", {}, Exception("the database is away"))

    event.listen(Engine, "before_cursor_execute", away)
    try:
        answer = app.test_client().get("/metrics")
    finally:
        event.remove(Engine, "before_cursor_execute", away)
    assert answer.status_code == 200
    assert samples(answer.text)["purser_database_up",] == 0


COUNTS = """
from app import create_app
from app.config import Settings
client = create_app(Settings.from_env()).test_client()
client.get("/healthz")
print(client.get("/metrics").text)
"""


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_the_processes_of_a_machine_are_added_up_where_they_share_a_folder(settings: Settings, tmp_path: Path) -> None:
    folder = tmp_path / "metrics"
    folder.mkdir()
    environ = environment(settings, PROMETHEUS_MULTIPROC_DIR=str(folder))
    for already in range(2):
        done = subprocess.run(
            [sys.executable, "-c", COUNTS], cwd=ROOT, env=environ, capture_output=True, text=True, timeout=120
        )
        assert done.returncode == 0, done.stderr
        assert samples(done.stdout)["purser_answers_total", "GET", "/healthz", "200"] == already + 1
    assert len(list(folder.iterdir())) >= 2
