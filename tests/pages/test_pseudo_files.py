"""Files that are made, waited for, kept or not made: a year's ZIP, papers, receipts and PDFs, in the pseudo-language."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

import pytest
from flask import Flask

from app import clock, extensions
from app.domain.bank_transfers import epc
from app.domain.people.members import Actor
from app.domain.people.profiles import Profile
from app.gateways.pdf.renderer import RenderFailed
from app.gateways.sandbox import controls
from app.languages import PSEUDO
from app.models.customers import Customer
from app.services.invoices import file_making, statement
from app.services.papers import claims, papers
from app.services.people import profiles
from tests.pages.test_invoices import invoices
from tests.pages.test_pseudo_invoices import PATH, is_said
from tests.support import cast, documents, methods_page, periods, transfers
from tests.support.browser import Browser
from tests.support.methods import ACCOUNT
from tests.support.methods_page import ADD, erika
from tests.support.periods import OVER, pays
from tests.support.pseudo import ASKED, PART, offered
from tests.support.reversals import buys
from tests.support.shop import GOOD, add_method, bought

__all__ = ["erika", "offered"]
STATEMENT = f"{PATH}/statement"
YEAR = clock.now().year


class Draws:
    """What makes a PDF: some bytes, or nothing where it is to fail. What a page says of a file is the same."""

    fails = False

    def render(self, _html: str, *, made_at: datetime) -> bytes:
        """Return a PDF."""
        del made_at
        if self.fails:
            raise RenderFailed("not_drawn")
        return b"%PDF-1.7\n"


@pytest.fixture(autouse=True)
def draws(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Draws:
    """Files are made, and tried once."""
    made = Draws()
    monkeypatch.setattr(claims, "MAX_TRIES", 1)
    extensions.settings.set(app, replace(extensions.settings.of(app), pdf_engine="xhtml2pdf"))
    file_making.the_renderer.set(app, made)
    return made


def reads(actor: Actor) -> Actor:
    """Let a member read the pseudo-language, also where a page leads to another."""
    profiles.replace(actor.member_id, actor.customer_id, Profile(name=actor.name, language=PSEUDO))
    return actor


def test_a_document_and_its_year_say_how_far_their_files_are(
    app: Flask, draws: Draws, alice: Browser, acme: Customer, alice_actor: Actor
) -> None:
    buys(app, reads(alice_actor), 2500)
    buys(app, alice_actor, 2500)

    def says(*paths: str) -> None:
        for path in (f"/{YEAR}.zip", f"/years/{YEAR}", *paths):
            is_said(alice.opens(f"{PATH}{path}", **ASKED), acme)

    first, second = (each.id for each in documents.documents_of(acme))
    says(f"/{first}", f"/{first}/file")
    token = alice.opens(f"{PATH}/years/{YEAR}").value("csrf_token")
    for headers in (ASKED, PART):
        asked = alice.posts(f"{PATH}/years/{YEAR}/mail", {"csrf_token": token}, **headers)
        is_said(asked, acme)
    file_making.make_due(1)
    says(f"/{first}", f"/{first}/file")
    draws.fails = True
    file_making.make_due()
    says(f"/{second}", f"/{second}/file")
    is_said(alice.opens(f"{PATH}/{first}/xml", **ASKED), acme, status=404)


@pytest.mark.proof
@pytest.mark.parametrize("fails", [False, True], ids=["made", "not made"])
def test_a_receipt_is_waited_for_and_made_or_not(app: Flask, draws: Draws, origin: str, fails: bool) -> None:
    small = periods.customer()
    periods.uses(small, 705)
    invoice = periods.closes(small)
    assert invoice is not None
    browser, draws.fails = cast.signed_in(app, origin, ann := reads(periods.manager(small))), fails
    with clock.at(OVER):
        pays(ann, invoice, add_method(ann, GOOD).id)
        is_said(browser.opens(f"{PATH}/{invoice.id}/file", **PART), small)
        file_making.make_due()
        papers.make_due()
        is_said(browser.opens(f"{PATH}/{invoice.id}/file", **PART), small)


def test_a_statement_is_waited_for_made_refused_and_not_made(
    draws: Draws, alice: Browser, acme: Customer, alice_actor: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    reads(alice_actor)
    invoices(acme, 10_050)
    token = alice.opens(STATEMENT).value("csrf_token")

    def asks(days: str) -> str:
        form = {"csrf_token": token, "from": f"{YEAR - 1}-01-01", "to": f"{YEAR - 1}-{days}"}
        page = alice.posts(f"{STATEMENT}/pdf?from={form['from']}&to={form['to']}", form, **ASKED)
        is_said(page, acme)
        return page.path

    for fails, days in ((False, "02-01"), (True, "03-01")):
        draws.fails = fails
        paper = asks(days)
        is_said(alice.opens(paper, **ASKED), acme)
        papers.make_due()
        for headers in (ASKED, PART):
            is_said(alice.opens(paper, **headers), acme)
    monkeypatch.setattr(papers, "MOST_A_DAY", 0)
    asks("04-01")
    monkeypatch.setattr(statement, "MOST_ON_PAPER", 0)
    asks("12-31")


@pytest.mark.proof
def test_a_pro_forma_that_nobody_may_pay_any_more_says_so(alice: Browser, acme: Customer, alice_actor: Actor) -> None:
    transfers.take_transfers()
    order = bought(alice, "25.00", method="bank_transfer")
    reads(alice_actor)
    known = ("ALEX EXAMPLE", "Test Bank", "Sandbox Payments", epc.reference(order.path.rpartition("/")[2]))
    paper = alice.submits(order, "form[action$='/pdf']").path
    cancelled = alice.submits(order, "form[action$='/cancellation']")
    for page in (cancelled, alice.opens(paper), alice.opens(order.path)):
        is_said(page, acme, *known)


@pytest.mark.proof
def test_a_mandates_paper_is_said_in_the_language(erika: Callable[..., tuple[Browser, Customer, Actor]]) -> None:
    browser, customer, actor = erika()
    page = browser.submits(browser.opens(f"{methods_page.PATH}?add=sepa_debit"), ADD, test_method=ACCOUNT, accept=True)
    reads(actor)
    paper = browser.submits(page, "form[action*='/mandates/']")
    is_said(paper, customer, "Erika Ebner", "erika@initech.example", "Meridian Analytics GmbH")


def test_a_processor_that_does_not_answer_is_said_in_the_language(app: Flask, alice: Browser, acme: Customer) -> None:
    token = alice.opens(methods_page.PATH).value("csrf_token")
    typed = {"csrf_token": token, "kind": "card", "test_method": GOOD}
    for call in ("create_customer", "confirm_setup"):
        controls.plant(extensions.settings.of(app), call, "refuse", 50)
        page = alice.posts(methods_page.PATH, typed, **PART)
        is_said(page, acme, "Discover", "American Express", status=page.status)
        assert page.status in {409, 503}
        controls.clear_faults(extensions.settings.of(app))
