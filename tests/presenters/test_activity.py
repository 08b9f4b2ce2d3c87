"""Activity in the reader's words: no field shows what is kept as a code, in any language."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from app import languages
from app.domain import language
from app.domain.addresses import formats
from app.domain.amounts import CreditUnit
from app.domain.auto_recharge.caution import Brake
from app.domain.dunning.standing import CLOSED, GOOD, PAST_DUE, SUSPENDED
from app.domain.mails import Topic
from app.domain.people.members import Role
from app.domain.subscriptions.choice import Interval
from app.presenters.people import activity
from app.presenters.people.activity_fields import FIELDS, Kind
from app.services.catalog import versions
from tests.support.small_catalogs import SMALL

SOLD = SMALL.replace('"free"', '"pay_as_you_go"').replace('title = "Free"', 'title = "Pay as you go"')
PACK = '\n[[packs]]\nkey = "big_one"\ntitle = "The big one"\ncredits = "100"\nprice = "90.00"\n'
KEPT: Mapping[Kind, list[Any]] = {
    Kind.CREDITS: [1_250_000, 0],
    Kind.MONEY: [2500, 0],
    Kind.MOMENT: ["2026-11-21T09:41:00+00:00"],
    Kind.COUNT: [12500],
    Kind.YES_NO: [True, False],
    Kind.ROLE: list(Role),
    Kind.LANGUAGE: list(language.NAMES),
    Kind.COUNTRY: list(formats.countries()),
    Kind.TIME_OF_DAY: [0, 1320],
    Kind.ALERTS: [["requests 1250", "requests 80 %"]],
    Kind.RECIPIENTS: [{"john_doe@acme.example": [each]} for each in Topic],
    Kind.PACK: ["big_one"],
    Kind.PLAN: ["pay_as_you_go", "long_gone"],
    Kind.INTERVAL: list(Interval),
    Kind.STANDING: [GOOD, PAST_DUE, SUSPENDED, CLOSED],
    Kind.BRAKE: list(Brake),
    Kind.ANSWER: ["yes", "no"],
    Kind.METHOD: ["bank_transfer", "sepa_debit", "pm_gone", {"brand": "visa", "last4": "4242"}],
}
"""What may be kept of each kind that is not shown as it is."""
SAME = {(word, "en") for word in ("owner", "viewer", "monthly", "annual", "suspended", "closed", "yes", "no")} | {
    ("no", "es")
}
"""Codes that are the very words."""
AS_IT_IS = {Kind.TEXT, Kind.TEXTS, Kind.ZONE}
TYPED = {
    "email", "name", "emails", "billing_email", "pending", "company", "line1", "line2", "city", "postal_code", "region",
    "po_number", "buyer_reference", "url", "number", "time_zone", "provider",
    "holder", "expiry", "credit_note_number", "replacement_number",
}  # fmt: skip
"""Fields of which somebody typed or chose the very words. Whoever adds one here has looked at what is kept in it."""


@pytest.fixture(scope="module")
def reader() -> activity.Reader:
    language.register(languages.catalog)
    catalog = versions.parse(SOLD + PACK)
    older = versions.parse(SOLD.replace('"paid"', '"long_gone"').replace('title = "Paid"', 'title = "The old one"'))
    return activity.Reader(CreditUnit("USD"), "USD", catalog, {3: older}.get)


def test_each_field_is_of_a_kind_whose_values_are_known() -> None:
    as_they_are = {key for key, field in FIELDS.items() if field.kind in AS_IT_IS}
    assert as_they_are == TYPED, "what is kept in the field? A code needs a kind with words of its own"
    assert {each.kind for each in FIELDS.values()} <= AS_IT_IS | KEPT.keys()


@pytest.mark.parametrize("tongue", list(language.NAMES))
def test_no_value_is_shown_as_it_is_kept(tongue: str, reader: activity.Reader) -> None:
    """Numbers, codes and keys: each has words or is formatted, whatever language the page is in."""
    with language.using(tongue):
        for key, field in FIELDS.items():
            for value in KEPT.get(field.kind, []):
                said = reader.says(key, value, {"catalog_version": 3})
                assert said, (key, value)
                assert said != str(value) or (said, tongue) in SAME, (key, value)
                for each in ("pay_as_you_go", "long_gone", "big_one", "past_due", "_problems", "requests 1250", "pm_"):
                    assert each not in said, (key, value, said)


def test_words_are_those_of_the_language(reader: activity.Reader) -> None:
    asked = [("country", "DE"), ("language", "de"), ("standing", "past_due"), ("interval", "annual")]
    assert [reader.says(*each, {}) for each in asked] == ["Germany", "German", "past due", "annual"]
    with language.using("fr"):
        assert [reader.says(*each, {}) for each in asked[:2]] == ["Allemagne", "allemand"]
    with language.using("de"):
        assert [reader.says(*each, {}) for each in asked] == ["Deutschland", "Deutsch", "überfällig", "jährlich"]


def test_words_are_as_exact_as_what_is_kept(reader: activity.Reader) -> None:
    alerts = ["requests 1250", "requests 80 %", "gone 5"]
    assert reader.says("alerts", alerts, {}) == (
        "Requests: 1,250 requests; Requests: 80 % of your plan’s limit; gone: 5"
    )
    to = {"john_doe@acme.example": ["invoices", "payment_problems"], "b@acme.example": []}
    assert reader.says("recipients", to, {}) == (
        "b@acme.example: none; john_doe@acme.example: invoices and e-mails about payment problems"
    )
    assert reader.says("emails", ["john_doe@acme.example"], {}) == "john_doe@acme.example"
    assert (reader.says("quiet_from", 0, {}), reader.says("quiet_until", 450, {})) == ("00:00", "07:30")
    assert reader.says("plan", "long_gone", {"catalog_version": 3}) == "The old one"
    assert reader.says("plan", "long_gone", {}) == "long_gone", "nothing says what it was called"
    assert reader.says("amount_minor", 2500, {"currency": "EUR"}) == "€25.00"


def test_a_file_has_the_codes(reader: activity.Reader) -> None:
    file = replace(reader, in_codes=True)
    coded = {"country": "DE", "language": "de", "standing": "past_due", "plan": "pay_as_you_go", "interval": "annual"}
    assert {key: file.says(key, value, {}) for key, value in coded.items()} == coded
    assert file.says("quiet_from", 1320, {}) == "1320" and file.says("alerts", ["requests 5"], {}) == "requests 5"
    assert (
        file.says("recipients", {"a_b@acme.example": ["payment_problems"]}, {}) == "a_b@acme.example: payment problems"
    )


def test_only_what_was_typed_is_read_by_its_own_letters(reader: activity.Reader) -> None:
    before, after = {"name": "Acme", "alerts": []}, {"name": "דנה", "alerts": ["requests 500000"]}
    said = activity.values("limits.changed", before, after, reader)
    assert [(each.label, each.is_typed) for each in said] == [("name", True), ("alerts", False)]


def test_what_was_bought_or_removed_has_one_value_and_a_change_has_two(reader: activity.Reader) -> None:
    said = activity.values("limits.changed", {"name": None}, {"name": "Acme"}, reader)[0]
    assert (said.before, said.after, said.alone) == ("none", "Acme", "")
    assert [
        activity.values("limits.changed", *sides, reader)[0].alone
        for sides in (({}, {"name": "A"}), ({"name": "B"}, {}))
    ] == ["A", "B"]
    removed, made = (
        activity.values(f"payment_method.{what}", {}, {"name": "A"}, reader)[0] for what in ("removed", "saved")
    )
    assert (removed.before, removed.after, removed.alone) == ("A", "", "A")
    assert (made.before, made.after, made.alone) == ("", "A", "A")
