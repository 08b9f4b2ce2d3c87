"""The events that the processor has to send us: one table, held against the code, the documents and the endpoint."""

import logging
import re
from pathlib import Path

import pytest
from flask import Flask
from stripe.params import _webhook_endpoint_create_params

from app.config import Settings
from app.domain.people.members import Actor
from app.domain.processor_events import ALL, EVENTS, WebhookEndpoint, problems
from app.gateways.sandbox import controls
from app.services.reconciliation import events, subscriptions
from tests.support import shop
from tests.support.outcome import faults
from tests.support.worker import until, working

on_sqlite = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
HERE = "http://localhost/webhooks/stripe"
DOCUMENT = Path(__file__).resolve().parents[3] / "docs" / "stripe.md"
MISSED = ["refund.failed", "charge.dispute.created"]


@on_sqlite
def test_every_event_of_the_table_is_one_of_stripe_s_and_acted_on(app: Flask) -> None:
    known = Path(_webhook_endpoint_create_params.__file__).read_text()
    assert [each for each in EVENTS if f'"{each}"' not in known] == []
    about = {name.rpartition(".")[0].removeprefix("charge.") for name in EVENTS}
    assert about == set(events._doers())


def test_the_document_lists_the_events_of_the_table() -> None:
    listed = re.findall(r"^\| `([a-z_.]+)` \| (.+) \|$", DOCUMENT.read_text(), re.MULTILINE)
    assert listed == list(EVENTS.items())


@pytest.mark.parametrize(
    ("endpoints", "found"),
    [
        ([WebhookEndpoint(HERE, True, frozenset({ALL}))], []),
        ([WebhookEndpoint(HERE + "/", True, frozenset(EVENTS))], []),
        ([WebhookEndpoint(HERE, True, frozenset(list(EVENTS)[:9])), WebhookEndpoint(HERE, True, frozenset(list(EVENTS)[9:]))], []),
        ([], [f"The processor has no webhook endpoint for {HERE}: add one."]),
        ([WebhookEndpoint("https://other.example/webhooks/stripe", True, frozenset({ALL}))], [f"The processor has no webhook endpoint for {HERE}: add one."]),
        ([WebhookEndpoint(HERE, False, frozenset({ALL}))], [f"The processor has switched off the webhook endpoint {HERE}: switch it on again."]),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said(endpoints: list[WebhookEndpoint], found: list[str]) -> None:
    assert problems(endpoints, HERE) == found


@on_sqlite
def test_each_missing_event_is_warned_of_by_its_name(app: Flask, settings: Settings) -> None:
    assert subscriptions.check() == []
    controls.subscribe(settings, [each for each in EVENTS if each not in MISSED])
    found = subscriptions.check()
    assert found is not None
    assert [re.search(r"subscribed to ([a-z_.]+): \w", each)[1] for each in found] == MISSED  # type: ignore[index]
    done = app.test_cli_runner().invoke(args=["portal", "check-webhooks"])
    assert done.exit_code == 1
    assert all(each in done.output for each in MISSED) and "2 things to mend" in done.output
    controls.subscribe(settings, list(EVENTS))
    done = app.test_cli_runner().invoke(args=["portal", "check-webhooks"])
    assert (done.exit_code, done.output) == (0, "The processor sends every event that is needed.\n")


@on_sqlite
def test_what_is_not_subscribed_is_not_sent(app: Flask, settings: Settings, alice_actor: Actor) -> None:
    controls.subscribe(settings, ["refund.created"])
    shop.add_method(alice_actor)
    assert controls.deliver_due(settings, app.wsgi_app) == 0


@on_sqlite
@pytest.mark.parametrize("fault", ["reset_before", "500_before"])
def test_a_processor_that_does_not_answer_stops_no_start(
    app: Flask, fault: str, caplog: pytest.LogCaptureFixture
) -> None:
    with faults(app, ("list_webhook_endpoints", fault, 9)), caplog.at_level(logging.WARNING):
        assert subscriptions.check() is None
        assert "webhook_endpoint_unknown" in caplog.text
        done = app.test_cli_runner().invoke(args=["portal", "check-webhooks"])
    assert done.exit_code == 1 and "does not say" in done.output


@on_sqlite
def test_a_worker_warns_when_it_starts_and_works_all_the_same(app: Flask, settings: Settings, tmp_path: Path) -> None:
    controls.subscribe(settings, list(EVENTS), is_enabled=False)
    with working(settings, tmp_path) as worker:
        until(lambda: "webhook_endpoint_problem" in worker.said())
    assert "has switched off the webhook endpoint" in worker.said()
