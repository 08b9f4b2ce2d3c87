"""Spend management: a set that cannot hold is refused whole, by the page and by the API in the same words."""

import pytest
from flask import Flask

from app.models.customers import Customer
from tests.support import spend
from tests.support.api import api_for, problem_of
from tests.support.browser import Browser, Page
from tests.support.noon import noon
from tests.support.noon import since_august as acme

__all__ = ["acme", "noon"]

PATH = "/billing/spend-management/"
FORM = "form[aria-label='Spend management']"
SAVE = "#spend_management-save"


def saves(browser: Browser, **fields: object) -> Page:
    """Fill in the form as it stands, and save it."""
    return browser.submits(browser.opens(PATH), FORM, button=SAVE, **fields)


TEXTS = [
    ({"daily_limit": "-5"}, "daily_limit", "Enter a daily limit above zero and of at most 999,999,999,999, or leave it empty for none."),
    ({"notify_threshold": "−0.5"}, "notify_threshold", "Enter an e-mail threshold above zero and of at most 999,999,999,999, or leave it empty for none."),
    ({"daily_limit": "-x"}, "daily_limit", "Enter an amount in digits, such as 25.00."),
    ({"daily_limit": "1e3"}, "daily_limit", "Enter an amount in digits, such as 25.00."),
    ({"daily_limit": "١٢"}, "daily_limit", "Enter an amount in digits, such as 25.00."),
    ({"daily_limit": "1,00"}, "daily_limit", "Enter an amount such as 1.00, with “.” before decimals and “,” only between thousands."),
    ({"daily_limit": "25,5"}, "daily_limit", "Enter an amount such as 25.5, with “.” before decimals and “,” only between thousands."),
    ({"daily_limit": "€25"}, "daily_limit", "Enter an amount in USD, without “€”."),
    ({"daily_limit": "0" * 20 + "12345678901234"}, "daily_limit", "Enter a daily limit above zero and of at most 999,999,999,999, or leave it empty for none."),
    ({"daily_limit": "9" * 20}, "daily_limit", "Enter a daily limit above zero and of at most 999,999,999,999, or leave it empty for none."),
    ({"daily_limit": "1.1234567"}, "daily_limit", "Enter an amount with at most 6 decimals, such as 25.00."),
]  # fmt: skip
SETS = [
    ({"daily_limit": "0"}, "daily_limit", "Enter a daily limit above zero and of at most 999,999,999,999, or leave it empty for none."),
    ({"notify_threshold": "0.0"}, "notify_threshold", "Enter an e-mail threshold above zero and of at most 999,999,999,999, or leave it empty for none."),
    ({"daily_limit": "20", "notify_threshold": "20.000001"}, "notify_threshold", "The e-mail threshold must not be more than the daily limit: it would never be reached."),
    ({"daily_limit": "", "notify_threshold": ""}, "daily_limit", "Set a daily limit, an e-mail threshold or a webhook URL, or switch spend management off."),
]  # fmt: skip
ADDRESSES = [
    ({"webhook_url": "http://example.com/hook"}, "webhook_url", "Use an address that begins with https://."),
    ({"webhook_url": "https://127.0.0.1/"}, "webhook_url", "Use an address on the public internet: this host name does not resolve to one."),
]  # fmt: skip


@pytest.mark.case("AC-6", "AC-7")
@pytest.mark.parametrize(("typed", "field", "sentence"), [*TEXTS, *SETS])
def test_a_set_that_cannot_hold_is_refused_whole_and_keeps_what_was_typed(
    alice: Browser, acme: Customer, typed: dict[str, str], field: str, sentence: str
) -> None:
    page = saves(alice, **({"enabled": True, "daily_limit": "33", "notify_threshold": "11"} | typed))
    assert page.status == 422
    assert page.texts(f"#{field}-error") == [sentence]
    assert page.find(f"#{field}")["aria-invalid"] == "true"
    assert page.find("[autofocus]")["id"] == field
    assert [page.value(name) for name in typed] == list(typed.values())
    assert spend.held(acme) == (False, "50", "40")


@pytest.mark.parametrize(("typed", "field", "sentence"), ADDRESSES)
def test_an_address_that_cannot_be_is_refused_and_keeps_what_was_typed(
    alice: Browser, acme: Customer, typed: dict[str, str], field: str, sentence: str
) -> None:
    page = alice.submits(alice.opens(f"{PATH}webhook/"), "#spend_management-webhook_url", **typed)
    assert (page.status, page.texts(f"#{field}-error")) == (422, [sentence])
    assert page.find("[autofocus]")["id"] == field
    assert page.value(field) == typed[field]
    assert page.texts("#spend_management-unsaved") == ["Not saved yet"]


def test_both_fields_that_are_wrong_say_so_at_once(alice: Browser) -> None:
    page = saves(alice, enabled=True, daily_limit="x", notify_threshold="y")
    assert page.errors() == ["Enter an amount in digits, such as 25.00."] * 2


@pytest.mark.case("AC-56")
@pytest.mark.parametrize(("typed", "field", "sentence"), [*SETS, *ADDRESSES])
def test_the_api_refuses_what_the_form_refuses_in_the_same_words(
    app: Flask, acme: Customer, typed: dict[str, str], field: str, sentence: str
) -> None:
    wanted = {"daily_limit": "33", "notify_threshold": "11", "webhook_url": None, "version": 0, "enabled": True}
    body = wanted | {name: value or None for name, value in typed.items()}
    answer = api_for(app).open("PUT", f"/customers/{acme.customer_id}/spend_management", json=body)
    status, _reason = problem_of(answer)
    assert status == 422
    assert [(each["field"], each["detail"]) for each in answer.get_json()["errors"]] == [(field, sentence)]
    assert spend.held(acme) == (False, "50", "40")
