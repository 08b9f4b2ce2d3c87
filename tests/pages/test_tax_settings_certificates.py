"""Certificates of exemption that customers send: kept as they are, for nothing until the seller has verified them."""

import hashlib
import io
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from app import clock
from app.domain.catalog import Seller
from app.domain.catalog_terms import Percent, Tax, TaxRate
from app.domain.errors import NotFound
from app.domain.tax.decision import Buyer, decide
from app.models.customers import Customer
from app.models.database import db
from app.models.events import OutboxEvent
from app.models.scope import as_customer, as_service
from app.models.tax import ExemptionFile
from app.services.tax import decision, exemptions, registrations
from tests.support.browser import Browser, Page
from tests.support.client import outside_contexts

PATH, FORM = "/billing/tax/", "#tax_settings-certificate"
PDF, PNG, JPEG = b"%PDF-1.7\n%rest", b"\x89PNG\r\n\x1a\nrest", b"\xff\xd8\xff\xe0rest"
LAST = "2099-12-31"


def sends(browser: Browser, content: bytes = PDF, name: str = "a.pdf", **fields: Any) -> Page:
    wanted = {"certificate": "EX-7/1", "territories": ["FR", "PT-20"], "expires_on": LAST} | fields
    return browser.submits(browser.opens(PATH), FORM, file=(io.BytesIO(content), name), **wanted)


def the_one(customer: Customer) -> str:
    with as_customer(customer.customer_id):
        (row,) = registrations.listed(customer.customer_id)
        return row.id


def percent(customer: Customer, country: str, day: str = "2026-11-29") -> str:
    on = clock.now().date().fromisoformat(day)
    terms = Tax(rates=tuple(TaxRate(each, "VAT", Percent(2000), on.replace(2020)) for each in ("FR", "DE")))
    with as_customer(customer.customer_id):
        known = decision.buyer(db.session(), customer.customer_id).registrations
    return str(decide(Seller("S", "1 St", "FR", "", ""), terms, Buyer(country, "", "", known), on).percent)


@pytest.mark.both_databases
def test_a_certificate_waits_for_the_seller_and_counts_only_where_and_while_it_is_verified(
    alice: Browser, acme: Customer
) -> None:
    page = sends(alice)
    assert (page.status, page.notices()) == (200, ["EX-7/1 is sent. It waits for the seller."])
    assert page.texts(".tax__status")[0].startswith("Pending It waits for the seller, who verifies it.")
    assert "hx-trigger" not in page.find("#tax_settings-list").attrs
    made = the_one(acme)
    assert [each.id for each in exemptions.waiting()] == [made]
    assert percent(acme, "FR") == "20"
    exemptions.decide(made, verified=True, by="jane", reason="Looked at it")
    assert exemptions.waiting() == []
    assert alice.opens(PATH).texts(".tax__status")[0].startswith("Verified Confirmed")
    assert (percent(acme, "FR"), percent(acme, "DE"), percent(acme, "FR", "2100-01-01")) == ("0", "20", "20")
    exemptions.decide(made, verified=False, by="jane", reason="It was forged")
    assert percent(acme, "FR") == "20"
    assert "The seller does not accept this certificate." in alice.opens(PATH).text
    with as_service("look"):
        wanted = select(OutboxEvent.type).where(OutboxEvent.type.like("tax_%")).order_by(OutboxEvent.sequence)
        types = [each.removeprefix("tax_registration.") for each in db.session.scalars(wanted)]
    assert types == ["submitted", "verified", "rejected"]


@pytest.mark.both_databases
def test_the_file_comes_back_as_it_was_sent_to_whom_it_belongs(
    alice: Browser, bob: Browser, mallory: Browser, acme: Customer, app: Flask, tmp_path: Any
) -> None:
    sends(alice, PNG, "../../evil.html")
    made = the_one(acme)
    path = f"{PATH}{made}/certificate"
    answer = alice.opens(path).response
    assert (answer.data, answer.content_type) == (PNG, "image/png")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="certificate-EX-7-1.png"'
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert (mallory.opens(path).status, bob.opens(path).status) == (404, 403)
    with outside_contexts():
        words = ["portal", "exemption-file", made, str(tmp_path / "file")]
        done = [app.test_cli_runner().invoke(args=words) for _ in range(2)]
    assert (tmp_path / "file").read_bytes() == PNG
    assert (tmp_path / "file").stat().st_mode & 0o777 == 0o600
    assert hashlib.sha256(PNG).hexdigest() in done[0].output
    assert (done[0].exit_code, done[1].exit_code) == (0, 1)  # what is there is never overwritten


@pytest.mark.parametrize(
    ("content", "fields", "said"),
    [
        (b"<script>alert(1)</script>", {}, "This file is no PDF, PNG or JPEG. Save it as one of them."),
        (b" %PDF-1.7", {}, "This file is no PDF, PNG or JPEG. Save it as one of them."),
        (b"", {}, "Choose the certificate’s file."),
        (JPEG + b"x" * (5 * 1024 * 1024), {}, "The file is larger than 5 MB. Save it smaller."),
        (PDF, {"territories": []}, "Choose where the certificate applies: at least one place, at most 20."),
        (PDF, {"certificate": " "}, "A certificate has a number and at least one country."),
        (PDF, {"expires_on": "2020-01-01"}, "This day is over: a certificate that has expired exempts nothing."),
        (PDF, {"expires_on": "soon"}, "Enter a day such as 2026-11-21."),
    ],
)
def test_what_is_no_certificate_is_refused_beside_its_field(
    alice: Browser, acme: Customer, content: bytes, fields: dict[str, Any], said: str
) -> None:
    page = sends(alice, content, **fields)
    page.response.request.environ["wsgi.input"].close()  # the test client writes a large form into a file
    assert (page.status, page.errors()) == (422, [said])
    assert page.value("certificate") == fields.get("certificate", "EX-7/1")
    with as_customer(acme.customer_id):
        assert registrations.listed(acme.customer_id) == []


def test_only_a_form_with_a_file_may_be_large(alice: Browser) -> None:
    page = alice.opens(PATH)
    large = {"csrf_token": page.value("csrf_token"), "file": (io.BytesIO(b"x" * 2 * 1024 * 1024), "a.pdf")}
    refused = alice.posts(PATH, large)
    refused.response.request.environ["wsgi.input"].close()  # the test client writes a large form into a file
    assert refused.status == 413


@pytest.mark.both_databases
def test_a_removed_one_that_was_never_verified_leaves_no_file(alice: Browser, acme: Customer) -> None:
    for is_verified in (False, True):
        page = sends(alice, JPEG)
        made = the_one(acme)
        if is_verified:
            exemptions.decide(made, verified=True, by="jane", reason="Seen")
        asked = alice.follows(page, "a[title=Remove]")
        assert "Remove EX-7/1?" in asked.text
        alice.submits(asked, "#tax_settings-removal form")
        with as_service("look"):
            assert db.session.scalar(select(func.count()).select_from(ExemptionFile)) == int(is_verified)
        with pytest.raises(NotFound):
            exemptions.decide(made, verified=True, by="jane", reason="Seen")
        assert alice.opens(f"{PATH}{made}/certificate").status == 404
