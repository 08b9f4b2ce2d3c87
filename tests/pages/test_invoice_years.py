"""All files of a year as one ZIP: waited for with how far they are, announced by mail, and the bytes of each page."""

import io
import zipfile
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask

from app import clock
from app.domain.people.members import Actor
from app.gateways.pdf.renderer import Renderer, RenderFailed
from app.models.customers import Customer
from app.services.invoices import file_making
from app.services.mail import sending
from app.services.papers import claims, papers
from app.services.receivables import year_files
from tests.services.mail.test_sending import sending as mail_sending
from tests.services.mail.test_sending import server
from tests.support import cast, periods
from tests.support.api import api_for, problem_of
from tests.support.browser import Browser
from tests.support.documents import documents_of
from tests.support.mail_server import MailServer
from tests.support.periods import OVER, pays
from tests.support.reversals import buys
from tests.support.shop import GOOD, add_method
from tests.support.statements import counted

__all__ = ["mail_sending", "server"]
PATH = "/billing/invoices"
FRAGMENT = {"HX-Request": "true"}
FORM = "form[aria-label='E-mail me when all files are made']"


def by_api(whose: Customer, year: int) -> str:
    return f"/customers/{whose.customer_id}/invoices/years/{year}"


def test_a_year_that_is_being_made_says_how_far_it_is_and_a_mail_says_when_all_are_there(
    app: Flask, drawing: Renderer, mail_sending: MailServer, bob: Browser, acme: Customer, alice_actor: Actor
) -> None:
    year = clock.now().year
    for _ in range(3):
        buys(app, alice_actor, 2500)
    file_making.make_due(1)
    waiting = bob.opens(f"{PATH}/{year}.zip")
    assert "1 of 3 files are made." in waiting.text
    assert waiting.find("#invoices-year progress")["value"] == "1"
    assert waiting.texts("#invoices-year a") == ["Look again"]
    asked = bob.submits(waiting, FORM)
    assert asked.notices() == ["We e-mail bob@acme.example when all files are made."]
    bob.submits(asked, FORM)
    sending.send_due()
    assert [str(each["To"]) for each in mail_sending.mails if "documents" in str(each["Subject"])] == []
    file_making.make_due()
    part = bob.opens(str(waiting.find("#invoices-year")["hx-get"]), **FRAGMENT)
    assert part.texts("#invoices-year a") == ["Download ZIP"]
    assert "hx-get" not in part.find("#invoices-year").attrs
    with clock.at(clock.now() + timedelta(minutes=10)):
        sending.send_due()
    (mail,) = (each for each in mail_sending.mails if str(each["Subject"]) == f"Your documents of {year} are there")
    assert str(mail["To"]) == "bob@acme.example"
    assert list(mail.iter_attachments()) == []
    link = next(each for each in str(mail.get_body(("plain",)).get_content()).split() if each.startswith("http"))
    assert link.endswith(f"{PATH}/years/{year}")  # no secret: whoever follows it signs in


def test_a_year_costs_four_statements_however_many_files_it_has(
    app: Flask, drawing: Renderer, alice: Browser, alice_actor: Actor
) -> None:
    buys(app, alice_actor, 2500)
    file_making.make_due()
    path = f"{PATH}/years/{clock.now().year}"
    alice.opens(path)
    with counted() as statements:
        alice.opens(path)
    assert len([each for each in statements if "document" in each or "paper" in each]) == 4


def test_the_receipts_of_a_year_are_among_its_files(app: Flask, drawing: Renderer, origin: str) -> None:
    whose = periods.customer()
    periods.uses(whose, 705)
    invoice = periods.closes(whose)
    assert invoice is not None
    alice = periods.manager(whose)
    browser = cast.signed_in(app, origin, alice)
    with clock.at(OVER):
        payment = pays(alice, invoice, add_method(alice, GOOD).id)
        file_making.make_due()
        assert browser.client.get(f"{PATH}/2026.zip").status_code == 303  # the receipt is being made
        papers.make_due()
        answer = browser.client.get(f"{PATH}/2026.zip")
        receipt = browser.client.get(f"{PATH}/{invoice.id}/receipts/{payment.id}").data
    with zipfile.ZipFile(io.BytesIO(answer.data)) as archive:
        names = archive.namelist()
        assert names[-1] == f"receipt-{invoice.number}-R1.pdf"
        assert names[0] == f"invoice-{invoice.number}.pdf"
        assert archive.read(names[-1]) == receipt


@pytest.mark.both_databases
def test_a_years_files_come_as_one_zip_with_the_same_bytes(
    app: Flask,
    drawing: Renderer,
    monkeypatch: pytest.MonkeyPatch,
    alice: Browser,
    acme: Customer,
    alice_actor: Actor,
    mallory: Browser,
) -> None:
    monkeypatch.setattr(year_files, "AT_ONCE", 2)
    with clock.at(datetime(2025, 12, 31, 23, 59, tzinfo=UTC)):
        buys(app, alice_actor, 2500)
    year = clock.now().year
    for _ in range(3):
        buys(app, alice_actor, 2500)
    page = alice.opens(PATH)
    assert page.texts("a[href$='.zip']") == [str(each) for each in range(year, 2024, -1)]
    assert problem_of(api_for(app).get(by_api(acme, year))) == (409, "file_not_made")
    file_making.make_due()
    assert alice.opens(f"{PATH}/years/{year}").texts("#invoices-year a") == ["Download ZIP"]
    answer = alice.client.get(f"{PATH}/{year}.zip")
    assert answer.headers["Content-Disposition"] == f'attachment; filename="invoices-{year}.zip"'
    with zipfile.ZipFile(io.BytesIO(answer.data)) as archive:
        assert archive.testzip() is None
        found = {name: archive.read(name) for name in archive.namelist()}
    wanted = {
        f"invoice-{each.number}.pdf": alice.client.get(f"{PATH}/{each.id}/pdf").data
        for each in documents_of(acme)
        if each.year == year
    }
    assert len(wanted) == 3
    assert found == wanted
    assert api_for(app).get(by_api(acme, year)).data == answer.data
    assert mallory.client.get(f"{PATH}/{year}.zip").status_code == 404
    assert mallory.client.get(f"{PATH}/years/{year}").status_code == 404
    for never in (year + 1, 1, 99999):
        assert alice.client.get(f"{PATH}/{never}.zip").status_code == 404
        assert alice.client.get(f"{PATH}/years/{never}").status_code == 404
        assert problem_of(api_for(app).get(by_api(acme, never)))[0] == 404


def test_a_zip_names_what_could_not_be_made(
    app: Flask, drawing: Renderer, monkeypatch: pytest.MonkeyPatch, alice: Browser, acme: Customer, alice_actor: Actor
) -> None:
    def fail(_parts: object) -> str:
        raise RenderFailed("not_drawn")

    buys(app, alice_actor, 2500)
    file_making.make_due()
    buys(app, alice_actor, 2500)
    file_making.the_printer.set(app, fail)
    monkeypatch.setattr(claims, "MAX_TRIES", 1)
    file_making.make_due()
    with zipfile.ZipFile(io.BytesIO(alice.client.get(f"{PATH}/{clock.now().year}.zip").data)) as archive:
        made, missing = documents_of(acme)
        assert archive.namelist() == [f"invoice-{made.number}.pdf", "not-made.txt"]
        assert str(missing.number) in archive.read("not-made.txt").decode()
