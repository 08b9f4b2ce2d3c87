"""Mallory is at Globex. She walks every route with Acme's ids: all she learns is that there is no such thing."""

import re
from collections.abc import Iterator
from io import BytesIO
from urllib.parse import quote, urlsplit
from zipfile import ZipFile

import pytest
from bs4 import BeautifulSoup
from flask import Flask
from sqlalchemy import select
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from app import clock, ids
from app.domain.authorizations import AuthorizationRequest
from app.domain.money import Money
from app.domain.people.members import Actor
from app.domain.usage_alerts import Threshold
from app.gateways.sandbox import controls
from app.models.authorizations import Authorization
from app.models.customers import Customer
from app.models.database import Base, CustomerOwned, db
from app.models.ledger import Grant, Transfer
from app.models.limits import UsageAlert
from app.models.mails import Mail
from app.models.payments import Attempt, Payment, PaymentMethod
from app.models.reversals import Dispute, Refund
from app.models.scope import as_service
from app.models.setups import Mandate, MethodSetup
from app.models.usage import UsageEvent
from app.models.webhooks import WebhookDelivery, WebhookEndpoint
from app.services import jobs
from app.services.alerts import thresholds
from app.services.authorizations import holds
from app.services.reversals import refunds
from app.services.transaction import transaction
from app.services.webhooks import endpoints
from tests.support import shop, tiers
from tests.support.browser import Browser
from tests.support.meters import accept_one
from tests.support.routes import UNSAFE, rules_of

# The pretend bank and the processor's control desk are the other side, not the portal; machines bring their own proof.
OTHER_SIDE = {"bank_challenge", "dev_processor", "processor_webhooks", "health", "metrics"}
LEAVES = {"sign_in.sign_out"}
LEADS_BACK = {"usage_undo.opened"}
"""Addresses that are posted to: opened, they lead to the visitor's own page, whatever id stands in them."""
PREFIXES = {
    "alert_id": "alr_", "delivery_id": "whd_", "mandate_id": "man_", "method_id": "pm_", "payment_id": "pay_",
    "setup_id": "set_", "txn_id": "txn_",
}  # fmt: skip
"""How the ids begin that the address of a page names so."""
IN_QUERIES = ("cus_", "pay_", "pm_")
IN_FORMS = (*IN_QUERIES, "alr_", "set_", "whd_")
"""How the ids begin that queries and forms name."""
CARRIES = "form :is([type=hidden], [type=radio], [type=checkbox], select, button)[name]"
RANDOM = re.compile(r"[\w-]{20,}")
"""What stands in tokens and ids: in a thousand pages, chance spells any four letters there."""


@pytest.fixture
def acmes_ids(app: Flask, alice: Browser, alice_actor: Actor, acme: Customer) -> list[str]:
    """Acme has bought, been declined, refunded and disputed, waits for its bank, uses things: an id of each it has."""
    for name, amount in (("pm_card_visa", "25.00"), (shop.BROKE, "26.00"), (shop.ASKS, "27.00")):
        method = shop.add_method(alice_actor, name)
        shop.bought(alice, amount, method=method.id)
    paid = shop.payments(acme)[0]
    refunds.refund(paid.id, amount=Money(500, paid.currency), reason="Too much", requested_by="support")
    controls.dispute(app.extensions["purser.settings"], paid.processor_id or "", amount=700)
    accept_one(acme.customer_id, id="launch-of-the-rocket", meter="requests", quantity=4_321)
    holds.authorize(AuthorizationRequest(acme.customer_id, "requests", 1_000))
    thresholds.add(acme.customer_id, Threshold("requests", 4_444_444), actor=alice_actor.member_id)
    with as_service("let Acme's events go to a closed port"), transaction() as session:
        endpoints.put(session, acme.customer_id, "https://127.0.0.1:9/rocket", by=alice_actor.member_id)
    refunds.refund(paid.id, amount=Money(100, paid.currency), reason="Too much again", requested_by="support")
    for _ in range(3):
        jobs.run_due()
    with as_service("accept a mandate as Acme"), transaction() as session:
        session.add(
            Mandate(
                id=ids.new("man"), customer_id=acme.customer_id, kind="sepa_debit", method_id=method.id,
                text="Acme lets us debit its account.", text_version="1", accepted_by=alice_actor.member_id,
                accepted_at=clock.now(), address="127.0.0.1", user_agent="test",
            )
        )  # fmt: skip
    with as_service("read Acme's ids"):
        money = (Payment, PaymentMethod, Transfer, Grant, Attempt, MethodSetup, Mandate, Refund, Dispute, Mail)
        kinds = (*money, UsageEvent, Authorization, UsageAlert, WebhookEndpoint, WebhookDelivery)
        rows = [db.session.scalars(select(kind.id).where(kind.customer_id == acme.customer_id)).all() for kind in kinds]
    assert all(rows)
    form_key = shop.payments(acme)[0].form_key
    return [
        acme.customer_id,
        alice_actor.member_id,
        alice_actor.email,
        form_key,
        *(each for found in rows for each in found[: tiers.sample_of(1, proof=2)]),
    ]


def test_asvs_8_2_2_no_address_shows_her_anything_of_acme(
    app: Flask, mallory: Browser, acme: Customer, acmes_ids: list[str]
) -> None:
    before, walked = _everything_of(acme), 0
    token = _token(mallory)
    for rule in rules_of(app):
        if not rule.arguments or _is_other_side(rule.endpoint):
            continue
        for value in _of_its_kind(rule, acmes_ids):
            path = _path(rule.rule, dict.fromkeys(rule.arguments, value))
            for method in sorted((rule.methods or set()) - {"OPTIONS", "HEAD"}):
                answer = mallory.opens(path) if method == "GET" else mallory.posts(path, {"csrf_token": token})
                leads_back = method == "GET" and rule.endpoint in LEADS_BACK
                assert answer.status == (200 if leads_back else 404), f"{method} {path} answers {answer.status}"
                _discloses_nothing(answer.response.text, f"{method} {path}")
                walked += 1
    assert walked >= len(acmes_ids)
    assert _everything_of(acme) == before


def test_no_query_shows_her_anything_of_acme(
    app: Flask, mallory: Browser, mallory_actor: Actor, acme: Customer, acmes_ids: list[str]
) -> None:
    shop.add_method(mallory_actor, "pm_card_mastercard")
    known = {"cursor", "before", "after", "figure", "customer", "customer_id", "next"}
    names = _field_names(_soups(app, mallory)) | known
    for path in _pages(app):
        for value in _sent(acmes_ids, IN_QUERIES):
            query = "&".join(f"{name}={quote(value)}" for name in sorted(names))
            # A file that streams is read to its end while its request lasts.
            answer = mallory.client.get(f"{path}?{query}", base_url=mallory.origin, buffered=True)
            assert answer.status_code in {200, 303, 400, 404, 422}, f"{path} answers {answer.status_code}"
            _discloses_nothing(_words(answer), path)


def test_no_form_takes_anything_of_acme(
    app: Flask, mallory: Browser, mallory_actor: Actor, acme: Customer, acmes_ids: list[str]
) -> None:
    shop.add_method(mallory_actor, "pm_card_mastercard")
    before, token, soups = _everything_of(acme), _token(mallory), _soups(app, mallory)
    charged, names, fields = shop.charges(app), _field_names(soups), _fields_by_form(soups)
    typed = tiers.sample_of(_typed(soups), proof=set())  # once: no id is looked up by what is typed
    shown = str(mallory.opens(f"{shop.PATH}total?amount=25.00").find(shop.BUY)["value"])
    filled = {"amount": "25.00", "seen": shown, "test_method": "pm_card_mastercard"}
    for path in _forms(app):
        for value in _sent(acmes_ids, IN_FORMS):
            everywhere = dict.fromkeys(names, value)
            tried = fields.get(path, set()) - (typed if value != acmes_ids[0] else set())
            alone = [{**everywhere, **filled, name: value} for name in sorted(tried)]
            for data in [everywhere, *alone]:
                answer = mallory.posts(path, {**data, "csrf_token": token})
                assert answer.status in {200, 400, 404, 409, 422, 429}, f"{path} answers {answer.status}"
                _discloses_nothing(answer.response.text, path)
    assert _everything_of(acme) == before
    assert shop.charges(app) == charged


def _of_its_kind(rule: Rule, acmes_ids: list[str]) -> list[str]:
    """Return what an address is asked with: the customer's id and those of its kind, and in `make proof` any id."""
    kinds = ("cus_", *(PREFIXES[name] for name in rule.arguments if name in PREFIXES))
    return tiers.sample_of([each for each in acmes_ids if each.startswith(kinds)], proof=acmes_ids)


def _sent(acmes_ids: list[str], kinds: tuple[str, ...]) -> list[str]:
    """Return what is sent by each name: in `make test` only ids of the kinds that are sent at all, and the form's key."""
    form_key = acmes_ids[3]
    return tiers.sample_of([each for each in acmes_ids if each.startswith(kinds) or each == form_key], proof=acmes_ids)


def _pages(app: Flask) -> Iterator[str]:
    for rule in rules_of(app):
        if "GET" in (rule.methods or set()) and not rule.arguments and not _is_other_side(rule.endpoint):
            yield rule.rule


def _forms(app: Flask) -> Iterator[str]:
    for rule in rules_of(app):
        taken = UNSAFE & (rule.methods or set()) and not rule.arguments
        if taken and rule.endpoint not in LEAVES and not _is_other_side(rule.endpoint):
            yield rule.rule


def _is_other_side(endpoint: str) -> bool:
    """Say whether it is not the portal's own page; what programs call is walked in `test_mallory_api.py`."""
    return endpoint.startswith("v1_") or endpoint.partition(".")[0] in OTHER_SIDE


def _soups(app: Flask, browser: Browser) -> dict[str, BeautifulSoup]:
    """Return each page by its path."""
    return {path: _soup(browser, path) for path in _pages(app)}


def _fields_by_form(soups: dict[str, BeautifulSoup]) -> dict[str, set[str]]:
    """Return the names that each form sends, by the path that it is sent to."""
    found: dict[str, set[str]] = {}
    for path, soup in soups.items():
        for form in soup.select("form[method=post]"):
            names = {str(each["name"]) for each in form.select("[name]")} - {"csrf_token"}
            targets = [
                str(form.get("action") or path),
                *(str(each["formaction"]) for each in form.select("[formaction]")),
            ]
            for target in targets:
                found.setdefault(urlsplit(target).path, set()).update(names)
    assert any("amount" in names for names in found.values())
    return found


def _field_names(soups: dict[str, BeautifulSoup]) -> set[str]:
    found = {str(each["name"]) for soup in soups.values() for each in soup.select("form [name]")}
    assert {"amount", "method", "form_key", "seen"} <= found
    return found - {"csrf_token"}


def _typed(soups: dict[str, BeautifulSoup]) -> set[str]:
    """Return the names of fields that are typed into wherever they are: none of them is hidden, chosen or pressed."""
    given = {str(each["name"]) for soup in soups.values() for each in soup.select(CARRIES)}
    return _field_names(soups) - given


def _soup(browser: Browser, path: str) -> BeautifulSoup:
    """Return a page; nothing of a file."""
    answer = browser.client.get(path, base_url=browser.origin, buffered=True)
    return BeautifulSoup(answer.text if answer.mimetype == "text/html" else "", "html.parser")


def _words(answer: TestResponse) -> str:
    """Return what an answer says; of a spreadsheet, what stands in its parts."""
    if not answer.data.startswith(b"PK"):
        return answer.text
    with ZipFile(BytesIO(answer.data)) as parts:
        return "\n".join(parts.read(each).decode() for each in parts.namelist())


def _path(rule: str, values: dict[str, str]) -> str:
    for name, value in values.items():
        rule = re.sub(f"<(int:)?{name}>", quote(value, safe=""), rule)
    assert "<" not in rule, f"a parameter of another kind: {rule}"
    return rule


def _token(browser: Browser) -> str:
    return browser.opens(shop.PATH).value("csrf_token")


def _discloses_nothing(html: str, where: str) -> None:
    words = RANDOM.sub("", html.lower().replace("alice@acme.example", ""))
    for canary in ("acme", "alice archer", "4242, expires 08", "$25.00 to your balance", "26.00", "27.00"):
        assert canary not in words, f"{where} says {canary!r}"


def _everything_of(customer: Customer) -> dict[str, list[tuple[object, ...]]]:
    """Return all of the customer's rows in every table."""
    tables = [mapper.class_ for mapper in Base.registry.mappers if issubclass(mapper.class_, CustomerOwned)]
    with as_service("read all rows of a customer"):
        return {
            table.__tablename__: sorted(
                (
                    tuple(row)
                    for row in db.session.execute(
                        select(table.__table__).where(table.__table__.c.customer_id == customer.customer_id)
                    )
                ),
                key=repr,
            )
            for table in tables
        }
