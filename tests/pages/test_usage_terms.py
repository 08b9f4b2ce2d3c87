"""The pages show the terms that a customer has, whatever version of the catalog is applied since."""

from flask import Flask

from app.domain.money import Credits
from app.services.catalog import versions
from app.services.ledger import grants
from tests.support import meters
from tests.support.usage_cast import USAGE, looks, metered, uses

LIMIT = "Your plan allows 5,000 requests each billing period."


def test_every_page_shows_the_terms_as_they_were_sold(app: Flask, origin: str) -> None:
    acme = metered()
    grants.give(acme.customer_id, kind="promotional", credits=Credits(10**8), granted_by="seller", reason="Welcome")
    versions.apply(meters.dearer_without_paid_and_hours())
    uses(acme, "hours", 10)
    uses(acme, "requests", 2_000)
    alice = looks(app, origin, acme)
    page = alice.opens(USAGE)
    assert "Plan: Paid, as sold in version 1." in page.text
    assert "2,000 of 5,000 requests" in page.text and "Hours" in page.text
    assert "$0.40" in page.text and "$0.80" not in page.text
    assert LIMIT in alice.opens(f"{USAGE}requests").text
    overview = alice.opens("/billing/")
    assert "Plan usage · Paid" in overview.text and "2,000 of 5,000 requests" in overview.text
    assert "on the Paid plan: 2,000 used, so 3,000 left." in alice.opens("/billing/spend-management/").text
