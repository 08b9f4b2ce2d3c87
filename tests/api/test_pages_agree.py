"""Each settings page saved by the API reads the same on the page, and the reverse: one set of rows, two ways in."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from flask import Flask

from app.domain.people.members import Actor
from app.models.customers import Customer
from tests.services.credit_codes.test_redeeming import code
from tests.support import recharge, shop
from tests.support.api import Api, problem_of
from tests.support.browser import Browser, Page
from tests.support.receiver import SECRET
from tests.support.webhook_cast import settings

__all__ = ["settings"]
SLACK = f"http://127.0.0.1:9/services/T1/B1/{SECRET}"
BERLIN = {"company": "Acme GmbH", "country": "DE", "line1": "Hauptstraße 1", "city": "Berlin", "postal_code": "10115"}
BOOKS = {"email": "books@firm.example", "receipts": False, "invoices": True, "payment_problems": False}


@dataclass(frozen=True)
class Setting:
    """A settings page beside its resource: saved by the one, read by the other."""

    resource: str
    page: str
    sent: dict[str, Any]
    """What the API is sent, without its version."""
    shown: Callable[[Page], object]
    expected: object
    """What the page then shows."""
    form: str
    button: str
    typed: dict[str, Any]
    """What the page is then sent."""
    read: Callable[[dict[str, Any]], object]
    answered: object
    """What the API then answers."""


def values(*names: str) -> Callable[[Page], object]:
    return lambda page: [page.value(each) for each in names]


def fields(*names: str) -> Callable[[dict[str, Any]], object]:
    return lambda answer: [answer[each] for each in names]


SETTINGS = [
    Setting(
        "spend_management", "/billing/spend-management/",
        {"enabled": True, "daily_limit": "25", "notify_threshold": "20.5", "webhook_url": None},
        values("enabled", "daily_limit", "notify_threshold"), ["on", "25.00", "20.50"],
        "form[aria-label='Spend management']", "#spend_management-save", {"daily_limit": "30"},
        fields("daily_limit", "notify_threshold", "version"), ["30.00", "20.50", 2],
    ),
    Setting(
        "invoice_address", "/billing/invoice-address/", BERLIN | {"po_number": "PO-7"},
        values("company", "line1", "city", "postal_code", "po_number"),
        ["Acme GmbH", "Hauptstraße 1", "Berlin", "10115", "PO-7"],
        "form[aria-label='Invoice address']", "#invoice_address-save", {"line1": "Nebenstraße 2"},
        fields("line1", "city", "po_number", "version"), ["Nebenstraße 2", "Berlin", "PO-7", 2],
    ),
    Setting(
        "invoice_notifications", "/billing/invoice-notifications/",
        {"billing_email": "billing@acme.example", "recipients": [BOOKS]},
        lambda page: "books@firm.example" in str(page.soup), True,
        "form[aria-label='Invoice notifications']", "#invoice_notifications-save",
        {"billing_email": "finance@acme.example"},
        fields("billing_email", "pending_email", "version"), ["billing@acme.example", "finance@acme.example", 2],
    ),
    Setting(
        "usage_alerts", "/billing/usage/",
        {"alerts": [{"meter": "requests", "threshold": 4_000}], "recipients": []},
        lambda page: "4,000" in " ".join(page.texts("#usage-alert_list tbody tr")), True,
        "#usage-alert_form", "", {"meter": "requests", "threshold": "9000", "measure": "quantity"},
        lambda answer: sorted(each["threshold"] for each in answer["alerts"]), [4_000, 9_000],
    ),
]  # fmt: skip


def path(customer: Customer, resource: str) -> str:
    return f"/customers/{customer.customer_id}/{resource}"


@pytest.mark.parametrize("setting", SETTINGS, ids=lambda each: each.resource)
def test_what_the_one_saves_the_other_reads(api: Api, acme: Customer, alice: Browser, setting: Setting) -> None:
    before = api.get(path(acme, setting.resource)).get_json()
    sent = setting.sent | {"version": before["version"]}
    saved = api.open("PUT", path(acme, setting.resource), json=sent)
    assert saved.status_code == 200, saved.text
    page = alice.opens(setting.page)
    assert setting.shown(page) == setting.expected
    page = alice.submits(page, setting.form, button=setting.button, **setting.typed)
    assert page.status == 200, page.errors()
    answer = api.get(path(acme, setting.resource)).get_json()
    assert setting.read(answer) == setting.answered
    # What was read before the page saved takes nothing back.
    stale = api.open("PUT", path(acme, setting.resource), json=sent)
    assert problem_of(stale) == (409, "version_gone_by")


def test_auto_recharge_is_lowered_and_stopped_by_the_api_and_the_page_shows_it(
    api: Api, acme: Customer, alice: Browser, alice_actor: Actor
) -> None:
    shop.add_method(alice_actor)
    recharge.on(alice_actor)
    now = api.get(path(acme, "auto_recharge")).get_json()
    api.open("PUT", path(acme, "auto_recharge"), json=now | {"threshold": "10.00"})
    assert alice.opens("/billing/auto-recharge/").value("threshold") == "10.00"
    assert api.post(path(acme, "auto_recharge/stop")).get_json() == {"given_up": None, "in_flight": None}
    assert alice.opens("/billing/auto-recharge/").value("enabled") == ""
    assert api.get(path(acme, "auto_recharge")).get_json()["enabled"] is False


def test_a_channel_is_one_for_both(app: Flask, api: Api, acme: Customer, alice: Browser) -> None:
    where, page = path(acme, "notification_channel"), "/billing/notifications/"
    none = {"state": "none", "form": None, "hint": "", "disabled_reason": "", "version": 0}
    assert api.get(where).get_json() == none
    wrong = api.open("PUT", where, json={"form": "slack", "url": "ftp://x", "version": 0})
    assert [each["field"] for each in wrong.get_json()["errors"]] == ["url"]
    made = api.open("PUT", where, json={"form": "slack", "url": SLACK, "version": 0})
    assert made.get_json()["state"] == "active" and SECRET not in made.text
    assert f"…{SECRET[-4:]}" in alice.opens(page).text
    alice.submits(alice.opens(page), "#notifications-pause")
    paused = api.get(where).get_json()
    assert paused["state"] == "paused"
    assert problem_of(api.post(f"{where}/test")) == (409, "chat_off")
    assert problem_of(api.post(f"{where}/resume", {"version": 0})) == (409, "version_gone_by")
    resumed = api.post(f"{where}/resume", {"version": paused["version"]}).get_json()
    assert resumed["state"] == "active"
    queued = api.post(f"{where}/test").get_json()["delivery"]
    assert api.get(f"/webhook_deliveries/{queued}").get_json()["to"] == "customer"
    assert api.post(f"{where}/pause", {"version": resumed["version"]}).get_json()["state"] == "paused"
    assert api.open("DELETE", where).get_json()["state"] == "none"
    assert "No channel is saved." in alice.opens(page).text


def test_the_customers_webhook_has_a_secret_a_new_one_and_a_test(api: Api, acme: Customer, alice: Browser) -> None:
    where = path(acme, "spend_management/webhook")
    assert problem_of(api.get(where)) == (404, "not_found")
    limits = SETTINGS[0].sent | {"webhook_url": "http://127.0.0.1:9/hook", "version": 0}
    assert api.open("PUT", path(acme, "spend_management"), json=limits).status_code == 200
    assert api.get(where).get_json()["url"] == "http://127.0.0.1:9/hook"
    first = api.get(f"{where}/secret").get_json()["secret"]
    until = api.post(f"{where}/rotate_secret").get_json()["old_secret_until"]
    second = api.get(f"{where}/secret").get_json()["secret"]
    assert first != second
    assert problem_of(api.post(f"{where}/rotate_secret")) == (409, "old_secret_signs")
    assert api.post(f"{where}/rotate_secret", {"ends": until}).status_code == 200
    queued = api.post(f"{where}/test").get_json()["delivery"]
    assert api.get(f"/webhook_deliveries/{queued}").get_json()["type"] == "webhook.test"


def test_a_code_is_shown_and_taken_once_by_either(api: Api, acme: Customer, alice: Browser) -> None:
    code(lasts_days=90)
    for _ in range(2):
        shown = api.post(path(acme, "credit_codes/preview"), {"code": " welcome10"}).get_json()
        assert (shown["code"], shown["credits"]) == ("WELCOME10", "10.00")
    assert shop.remaining(acme) == 0
    given = api.post(path(acme, "credit_codes/redeem"), {"code": "welcome10"}, once="code").get_json()
    assert given["credits"] == "10.00"
    assert api.post(path(acme, "credit_codes/redeem"), {"code": "welcome10"}, once="code").get_json() == given
    assert shop.remaining(acme) == 10_000_000
    assert problem_of(api.post(path(acme, "credit_codes/redeem"), {"code": "WELCOME10"})) == (
        409,
        "credit_code_redeemed",
    )
    page = alice.submits(alice.opens("/billing/add-credits/code/"), "#credit_codes-form", code="WELCOME10")
    assert page.status == 409


def test_an_address_is_asked_again_and_a_new_billing_address_left(api: Api, acme: Customer) -> None:
    where = path(acme, "invoice_notifications")
    wanted = {"billing_email": "finance@acme.example", "recipients": [], "version": 0}
    assert api.open("PUT", where, json=wanted).get_json()["pending_email"] == "finance@acme.example"
    again = api.post(f"{where}/ask_again", {"email": "finance@acme.example"})
    assert problem_of(again) == (409, "asked_too_soon")
    assert problem_of(api.post(f"{where}/ask_again", {"email": "nobody@acme.example"})) == (404, "not_found")
    for _ in range(2):
        assert api.open("DELETE", f"{where}/pending").get_json()["pending_email"] is None


def test_members_are_listed_and_made_without_a_password(api: Api, acme: Customer, alice_actor: Actor) -> None:
    where = path(acme, "members")
    new = {"email": "Carol@Acme.example", "name": "Carol Clark", "role": "viewer"}
    made = api.post(where, new).get_json()
    assert (made["email"], made["role"], made["disabled"]) == ("carol@acme.example", "viewer", False)
    assert problem_of(api.post(where, new)) == (409, "email_taken")
    first = api.get(where, limit=1).get_json()
    rest = api.get(where, limit=1, cursor=first["next_cursor"]).get_json()
    assert [each["id"] for each in [*first["data"], *rest["data"]]] == [made["id"], alice_actor.member_id]
    assert rest["next_cursor"] is None
