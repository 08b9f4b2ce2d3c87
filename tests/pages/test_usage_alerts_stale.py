"""Usage alerts from a page that is out of date and in their own unit, an address opened again, and a change below a chosen history."""

from datetime import timedelta

import pytest
from flask import Flask

from app import clock
from app.models.customers import Customer
from app.models.scope import as_customer
from app.services.alerts import thresholds
from tests.support import cast, post, usage_cast
from tests.support.browser import Browser
from tests.support.usage_cast import USAGE, looks, uses

ALERT, ADDRESS, OPS = "#usage-alert_form", "#usage-email_form", "ops@acme.example"
NEW = {"meter": "requests", "threshold": "80", "measure": "percent"}


@pytest.fixture
def acme(app: Flask) -> Customer:
    """Acme on the paid plan."""
    return usage_cast.metered()


@pytest.fixture
def alice(app: Flask, origin: str, acme: Customer) -> Browser:
    """Alice, who manages Acme."""
    return looks(app, origin, acme)


@pytest.mark.both_databases
def test_what_was_removed_already_is_said_to_be_and_the_list_is_shown(alice: Browser) -> None:
    alice.submits(alice.opens(USAGE), ALERT, **NEW)
    alice.submits(alice.opens(USAGE), ADDRESS, email=OPS)
    stale = alice.opens(USAGE)
    for form, sentence in (
        ("form[action*='alerts/']", "This alert has already been removed."),
        ("form[action$='addresses/removal']", f"{OPS}: this address was removed already."),
    ):
        assert alice.submits(stale, form).status == 200
        again = alice.submits(stale, form)
        assert (again.status, again.errors()) == (404, [sentence])
        assert not again.soup.select(form) and again.soup.select("#usage-meters .meter")


def test_an_alert_that_was_added_again_is_not_removed_by_the_old_ones_button(alice: Browser, acme: Customer) -> None:
    alice.submits(alice.opens(USAGE), ALERT, **NEW)
    alice.submits(alice.opens(USAGE), ALERT, **NEW | {"threshold": "90"})
    stale = alice.opens(USAGE)
    form = f"form[action*='alerts/{_ids(acme)[0]}']"
    assert alice.submits(stale, form).status == 200
    alice.submits(alice.opens(USAGE), ALERT, **NEW)
    kept = _ids(acme)
    assert alice.submits(stale, form).status == 404
    assert _ids(acme) == kept and len(kept) == 2


def _ids(customer: Customer) -> list[str]:
    with as_customer(customer.customer_id):
        return [each.id for each in thresholds.current().alerts]


def test_the_history_that_was_chosen_stays_after_a_change(alice: Browser) -> None:
    page = alice.opens(f"{USAGE}?meter=runs&days=90")
    refused = alice.submits(page, ALERT, **NEW | {"threshold": "no"})
    assert (refused.status, refused.find("#usage-history_meter [selected]")["value"]) == (422, "runs")
    saved = alice.submits(page, ALERT, **NEW)
    assert saved.redirects == (f"{USAGE}?meter=runs&days=90&added=requests",)
    assert saved.find("#usage-history_days [selected]")["value"] == "90"


@pytest.mark.parametrize(
    ("path", "to"),
    [
        ("usage/alerts", "usage/"),
        ("usage/alerts/alr_1/removal", "usage/"),
        ("usage/addresses", "usage/"),
        ("usage/addresses/removal", "usage/"),
        ("usage/addresses/mail", "usage/"),
        ("spend-management/simulation", "spend-management/"),
    ],
)
def test_an_address_that_is_posted_to_leads_back_when_it_is_opened(alice: Browser, path: str, to: str) -> None:
    page = alice.opens(f"/billing/{path}")
    assert (page.status, page.redirects) == (200, (f"/billing/{to}",))


def test_an_address_is_not_asked_again_at_once_by_removing_and_adding_it(
    app: Flask, origin: str, alice: Browser, acme: Customer
) -> None:
    page = alice.submits(alice.opens(USAGE), ADDRESS, email=OPS)
    alice.submits(page, "form[action$='addresses/removal']")
    again = alice.submits(alice.opens(USAGE), ADDRESS, email=OPS)
    assert again.status == 409 and again.errors()[0].startswith("A mail went there less than ten minutes ago.")
    assert len(post.mails(acme)) == 1
    assert not looks(app, origin, acme, cast.BOB).opens(USAGE).soup.select("th:-soup-contains('ops@')")


def test_an_address_whose_link_has_expired_says_so_and_can_be_asked_again(
    app: Flask, origin: str, acme: Customer
) -> None:
    now = clock.now()
    with clock.at(now):
        thresholds.add_email(acme.customer_id, "ops@acme.example", actor="test")
    with clock.at(now + timedelta(days=7, seconds=-1)):
        assert "Not confirmed · asked on " in looks(app, origin, acme, cast.BOB).opens(USAGE).text
    with clock.at(now + timedelta(days=7)):
        alice = looks(app, origin, acme)
        page = alice.opens(USAGE)
        assert "Link expired · asked on " in page.text and "Not confirmed" not in page.text
        asked = alice.submits(page, "form[action$=mail]")
        assert "Not confirmed" in asked.text and "Link expired" not in asked.text


def test_it_says_how_far_it_is_in_the_unit_of_the_alert(alice: Browser, acme: Customer) -> None:
    alice.submits(alice.opens(USAGE), ALERT, meter="storage", threshold="5000", measure="quantity")
    uses(acme, "storage", 1500)
    assert "Not reached · now 1,500 MB" in alice.opens(USAGE).texts(".table--alerts tbody td")[0]
