"""What a chat says of each event: plain words with amounts as pages write them, and never nothing."""

import json
from datetime import UTC, datetime

import pytest
from flask import Flask

from app import clock
from app.domain import language
from app.domain.messages.chat import Form
from app.domain.webhooks import CUSTOMER_TYPES
from app.models.customers import Customer
from app.models.events import OutboxEvent
from app.models.scope import as_service
from app.services.catalog import versions
from app.services.webhooks import channels, chat_text
from tests.support.webhook_cast import only, send, settings, write_events

__all__ = ["settings"]
SAID = {
    "balance.low": ({"remaining": "18.991", "low_balance": "20.00"}, "Credit is low", "$18.99 is left, which is less than $20.00."),
    "balance.depleted": ({"remaining": "-3.001"}, "No credit is left", "The balance is −$3.01. Your overage protection lets you"),
    "balance.recovered": ({"remaining": "50.00"}, "Credit has recovered", "$50.00 is left."),
    "credits.expiring": (
        {"credits": "12.50", "expires_at": "2026-12-01T00:00:00Z"},
        "$12.50 of credit expires soon",
        "The first of it expires on 1 Dec 2026, 00:00 UTC.",
    ),
    "spend.threshold_reached": (
        {"used": "40.00", "threshold": "40.00"}, "The e-mail threshold is reached", "the threshold is $40.00",
    ),
    "spend.daily_limit_reached": (
        {"used": "50.00", "limit": "50.00", "blocked_until": "2026-11-22T00:00:00Z"},
        "The daily limit is reached",
        "$50.00 of $50.00 is used today.",
    ),
    "spend.daily_limit_reset": ({"reason": "new_day"}, "The daily limit stops no calls any more", "A new day has begun."),
    "usage.alert": (
        {"title": "Requests *", "quantity": 820, "threshold": 80, "is_percent": True, "basis": 1000, "unit": "requests"},
        "Usage alert: Requests *",
        "820 requests used this billing period; the alert is at 80 % of 1,000 requests.",
    ),
    "auto_recharge.succeeded": (
        {"amount_minor": 2500, "currency": "USD"}, "$25.00 was charged automatically", "Credit was added to your balance.",
    ),
    "auto_recharge.failed": (
        {"amount_minor": 2500, "currency": "USD", "reason": "insufficient_funds"},
        "$25.00 could not be charged automatically",
        "",
    ),
    "auto_recharge.suspended": ({"reason": "no_method"}, "Auto-recharge has stopped", "There is no payment method"),
    "auto_recharge.limit_80": (
        {"used_minor": 4000, "limit_minor": 5000, "currency": "USD"},
        "The limit of automatic charges is near or reached",
        "$40.00 of $50.00 is charged or on its way this billing period.",
    ),
    "auto_recharge.limit_100": (
        {"used_minor": 5000, "limit_minor": 5000, "currency": "USD"},
        "The limit of automatic charges is near or reached",
        "$50.00 of $50.00",
    ),
}  # fmt: skip


@pytest.mark.parametrize("kind", CUSTOMER_TYPES)
def test_each_event_of_a_customer_is_said_in_plain_words(app: Flask, acme: Customer, kind: str) -> None:
    data, title, line = SAID[kind]
    event = OutboxEvent(id="evt", type=kind, data=json.dumps(data), created_at=clock.now())
    with as_service("write a message"):
        said = chat_text.of(event, acme, versions.of(acme))
    assert said.title == title and line in " ".join(said.lines)
    assert said.link.startswith("http://localhost/billing/")


@pytest.mark.parametrize(
    ("remaining", "next_"),
    [
        (
            "-49.999",
            "Your overage protection lets you continue down to −$50.00. Usage below zero is billed on your next invoice.",
        ),
        ("-50.00", "is used up. Calls that need credit are refused until you add some."),
        (
            "-231.29",
            "are refused until the balance is above −$50.00. The next $181.29 you add cover what is owed first.",
        ),
    ],
)
def test_a_chat_does_not_say_that_usage_goes_on_where_it_does_not(
    app: Flask, acme: Customer, remaining: str, next_: str
) -> None:
    data = json.dumps({"remaining": remaining})
    event = OutboxEvent(id="evt", type="balance.depleted", data=data, created_at=clock.now())
    with as_service("write a message"):
        said = chat_text.of(event, acme, versions.of(acme))
    assert said.lines[0].endswith(next_)


def test_a_chat_reads_english_whoever_asks_for_the_message(app: Flask, acme: Customer) -> None:
    data = json.dumps({"remaining": "0.00"})
    event = OutboxEvent(id="evt", type="balance.depleted", data=data, created_at=clock.now())
    with as_service("write a message"), language.using("de"):
        said = chat_text.of(event, acme, versions.of(acme))
        test = chat_text.test_of(acme, datetime(2026, 3, 5, 9, tzinfo=UTC))
    assert "refused until you add some" in said.lines[0] or "lets you continue" in said.lines[0]
    assert test.about.endswith("5 Mar 2026, 09:00 UTC")


def test_an_event_that_cannot_be_put_into_words_is_not_lost(app: Flask, acme: Customer) -> None:
    channels.save(acme.customer_id, Form.SLACK, "http://127.0.0.1:9/services/a", 0, by="alice")
    write_events(acme.customer_id, "odd")  # of a shape that nobody knows
    assert send() == 1
    assert "A billing notification" in only(acme.customer_id).body
