"""Webhooks of the processor: forged, old, malformed, for another, repeated, reordered, lost."""

import json
import threading
import time
from datetime import timedelta
from typing import Any

import pytest
import stripe
from flask import Flask
from sqlalchemy import select

from app import clock
from app.config import Settings
from app.domain.payments import Intent
from app.gateways.processor import BadWebhook, PaymentGateway
from app.gateways.sandbox import controls
from app.gateways.sandbox.deliveries import MAX_TRIES, PATH, post
from app.gateways.stripe.gateway import StripeGateway
from app.models.database import db
from app.models.events import InboxEvent
from app.models.scope import as_service
from app.services.reconciliation import inbox


def an_event(**changes: object) -> dict[str, Any]:
    about = {"object": "payment_intent", "id": "pi_1"}
    return {
        "object": "event", "id": "evt_1", "type": "payment_intent.succeeded",
        "created": 1_795_000_000, "livemode": False,
        "data": {"object": about}, "api_version": "2026-10-28.endive", **changes,
    }  # fmt: skip


def signed(settings: Settings, body: str, *, at: int | None = None, secret: str = "") -> str:
    made: str = stripe.WebhookSignature.generate_signature_header(
        body, secret or controls.webhook_secret(settings), timestamp=at
    )
    return made


def kept(app: Flask) -> dict[str, str]:
    """The inbox: type by event id."""
    with app.app_context(), as_service("look into the inbox"):
        return {event.id: event.type for event in db.session.scalars(select(InboxEvent))}


def test_an_event_of_the_processor_is_read(gateway: PaymentGateway, settings: Settings) -> None:
    body = json.dumps(an_event())
    event = gateway.read_event(body.encode(), signed(settings, body))
    assert (event.id, event.type) == ("evt_1", "payment_intent.succeeded")
    assert (event.object_type, event.object_id, event.livemode) == ("payment_intent", "pi_1", False)
    assert event.created_at.isoformat() == "2026-11-18T11:06:40+00:00"


@pytest.mark.fault("S16")
def test_an_event_of_an_unknown_type_or_version_is_read_too(gateway: PaymentGateway, settings: Settings) -> None:
    body = json.dumps(an_event(type="moon.landed", api_version="2031-01-01.x", data={"object": {"object": "moon"}}))
    event = gateway.read_event(body.encode(), signed(settings, body))
    assert (event.type, event.object_type, event.object_id) == ("moon.landed", "moon", "")


@pytest.mark.fault("S16", "W7")
@pytest.mark.parametrize(
    ("kind", "chosen"),
    [
        ("coupon", "free-1-month"), ("coupon", "25%off"), ("plan", "gold-monthly"), ("customer", "user-42@shop"),
        ("reporting.report_type", "balance.summary.1"), ("product", "Café 日本 №1"), ("price", "a/b?c=d&e#f"),
        ("product", "p" * 255), ("upcoming", None),
    ],
)  # fmt: skip
def test_an_object_may_have_an_id_that_the_seller_chose(
    app: Flask, settings: Settings, kind: str, chosen: str | None
) -> None:
    body = json.dumps(an_event(type=f"{kind}.created", data={"object": {"object": kind, "id": chosen}}))
    assert post(app.wsgi_app, body, signed(settings, body), base_url=settings.base_url) == 200
    assert kept(app) == {"evt_1": f"{kind}.created"}
    with as_service("look into the inbox"):
        row = db.session.scalars(select(InboxEvent)).one()
        assert row.object_id == ((chosen or "") if len(chosen or "") <= 100 else "")
    assert inbox.work() == 1


@pytest.mark.fault("W7")
@pytest.mark.parametrize("bad", ["", "a\0", "a\nb", "a\x1b[2J", "a\x85", "\ud800", "x" * 501, 5, ["a"], {}, True, 1.5])
def test_an_id_that_is_no_text_is_400(app: Flask, settings: Settings, bad: object) -> None:
    body = json.dumps(an_event(data={"object": {"object": "coupon", "id": bad}}))
    assert post(app.wsgi_app, body, signed(settings, body), base_url=settings.base_url) == 400
    assert kept(app) == {}


@pytest.mark.case("AC-30/31")
@pytest.mark.fault("S17", "W7")
@pytest.mark.parametrize(
    "changes",
    [
        {"livemode": True}, {"livemode": "no"}, {"account": "acct_other"}, {"account": 7}, {"id": None},
        {"id": "evt_\0"},
        {"id": "e" * 101},
        {"id": "\ud800"}, {"type": "x y"}, {"type": 4}, {"created": "now"}, {"created": True}, {"created": 10**18},
        {"data": None},
        {"data": {"object": []}}, {"data": {"object": {"object": None}}},
        {"data": {"object": {"object": "charge", "id": 5}}},
        {"object": "v2.core.event"},
    ],
)  # fmt: skip
def test_an_event_that_is_not_for_us_is_refused(
    gateway: PaymentGateway, settings: Settings, changes: dict[str, object]
) -> None:
    body = json.dumps(an_event(**changes))
    with pytest.raises(BadWebhook):
        gateway.read_event(body.encode(), signed(settings, body))


@pytest.mark.fault("W7")
@pytest.mark.parametrize(
    "body", ["[]", "null", "7", '"event"', "{", "", "[" * 50_000, '{"created": ' + "9" * 5_000 + "}"]
)
def test_a_signed_body_that_is_no_event_is_refused(gateway: PaymentGateway, settings: Settings, body: str) -> None:
    with pytest.raises(BadWebhook):
        gateway.read_event(body.encode(), signed(settings, body))


@pytest.mark.fault("W6")
def test_a_signature_that_is_wrong_old_or_from_the_future_is_refused(
    gateway: PaymentGateway, settings: Settings
) -> None:
    body, now = json.dumps(an_event()), int(time.time())
    for at in (now - 290, now + 290):
        assert gateway.read_event(body.encode(), signed(settings, body, at=at)).id == "evt_1"
    wrong = [
        "", "t=,v1=", "t=x,v1=y", "v1=abc", f"t={now},v1=é", f"t={now},v0=abc",
        signed(settings, body, secret="whsec_other"),
        signed(settings, body, at=now - 310), signed(settings, body, at=now + 310), signed(settings, body + " "),
    ]  # fmt: skip
    for signature in wrong:
        with pytest.raises(BadWebhook):
            gateway.read_event(body.encode(), signature)
    with pytest.raises(BadWebhook):
        gateway.read_event(b"\xff\xfe", signed(settings, "x"))


@pytest.mark.case("AC-30/31")
@pytest.mark.fault("W6")
def test_without_a_secret_nothing_is_let_in(settings: Settings) -> None:
    body = json.dumps(an_event())
    for secret in ("", "  "):
        gateway = StripeGateway(stripe.StripeClient("sk_test_x"), webhook_secret=secret, live=False)
        with pytest.raises(BadWebhook):
            gateway.read_event(body.encode(), stripe.WebhookSignature.generate_signature_header(body, secret))


@pytest.mark.fault("S17")
def test_a_live_event_is_for_a_live_key_only(settings: Settings) -> None:
    gateway = StripeGateway(stripe.StripeClient("sk_live_x"), webhook_secret="whsec_x", live=True)
    for live in (True, False):
        body = json.dumps(an_event(livemode=live))
        header = stripe.WebhookSignature.generate_signature_header(body, "whsec_x")
        if live:
            assert gateway.read_event(body.encode(), header).livemode
        else:
            with pytest.raises(BadWebhook):
                gateway.read_event(body.encode(), header)


@pytest.mark.case("AC-32/33")
@pytest.mark.fault("W1", "W2")
def test_the_route_keeps_an_event_once_however_often_and_at_once_it_comes(app: Flask, settings: Settings) -> None:
    body, answers = json.dumps(an_event()), []
    header = signed(settings, body)

    def sends() -> None:
        answers.append(post(app.wsgi_app, body, header, base_url=settings.base_url))

    threads = [threading.Thread(target=sends) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [200] * 6
    assert kept(app) == {"evt_1": "payment_intent.succeeded"}


@pytest.mark.fault("W6", "W7")
def test_the_route_refuses_what_is_too_large_or_not_signed(app: Flask, settings: Settings) -> None:
    large = json.dumps(an_event(padding="x" * 1024 * 1024))
    assert post(app.wsgi_app, large, signed(settings, large), base_url=settings.base_url) == 400
    assert post(app.wsgi_app, json.dumps(an_event()), "", base_url=settings.base_url) == 400
    assert kept(app) == {}
    assert app.test_client().get(PATH, base_url=settings.base_url).status_code == 405


def test_events_of_the_sandbox_arrive_by_the_route_in_order(
    app: Flask, settings: Settings, gateway: PaymentGateway, intent: Intent, card: Any, confirm: Any
) -> None:
    confirm(intent, card("pm_card_visa"))
    with app.app_context():
        assert controls.deliver_due(settings, app.wsgi_app) == 6
        assert controls.deliver_due(settings, app.wsgi_app) == 0
    types = [
        "payment_intent.created", "setup_intent.created", "payment_method.attached", "setup_intent.succeeded",
        "charge.succeeded", "payment_intent.succeeded",
    ]  # fmt: skip
    assert sorted(kept(app).values()) == sorted(types)
    assert [each["type"] for each in controls.objects(settings, "event")] == types[::-1]
    assert {each["pending_webhooks"] for each in controls.objects(settings, "event")} == {0}


def heard(app: Flask, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Note the types of the events that are posted, in their order."""
    types: list[str] = []

    def noting(wsgi: Any, body: str, signature: str, *, base_url: str) -> int:
        types.append(json.loads(body)["type"])
        return post(wsgi, body, signature, base_url=base_url)

    monkeypatch.setattr("app.gateways.sandbox.deliveries.post", noting)
    controls.deliver_due(settings, app.wsgi_app)
    return types


@pytest.mark.parametrize(
    ("fault", "types"),
    [
        ("duplicate", ["payment_intent.created", "payment_intent.created", "payment_intent.canceled"]),
        ("reorder", ["payment_intent.canceled", "payment_intent.created"]),
        ("lose", ["payment_intent.canceled"]),
        ("late", ["payment_intent.canceled"]),
    ],
)
def test_events_go_astray_as_planned(
    app: Flask,
    settings: Settings,
    gateway: PaymentGateway,
    intent: Intent,
    monkeypatch: pytest.MonkeyPatch,
    fault: str,
    types: list[str],
) -> None:
    gateway.cancel_intent(intent.id, key="cancel")
    controls.plant(settings, "event:payment_intent.created", fault)
    assert heard(app, settings, monkeypatch) == types
    with clock.at(clock.now() + timedelta(days=3, minutes=1)):
        assert heard(app, settings, monkeypatch) == (["payment_intent.created"] if fault == "late" else [])


def test_an_event_that_nobody_takes_is_tried_again_and_then_given_up(settings: Settings, intent: Intent) -> None:
    tries = 0

    def down(environ: Any, start_response: Any) -> list[bytes]:
        nonlocal tries
        tries += 1
        start_response("503 Down", [])
        return []

    with clock.at(clock.now()):
        moment = clock.now()
    for hour in range(2 * MAX_TRIES):
        with clock.at(moment + timedelta(hours=hour * 6)):
            assert controls.deliver_due(settings, down) == 0
    assert tries == MAX_TRIES
