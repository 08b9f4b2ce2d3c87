"""Statement, pro-forma and mandate as PDFs: asked for on their pages, made once, kept, and nobody else's."""

import csv
import io
import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask

from app import clock, locale
from app.domain.money import Money
from app.domain.people.members import Actor
from app.gateways.pdf.renderer import Renderer
from app.models.customers import Customer
from app.services.invoices import statement
from app.services.papers import papers
from tests.pages.test_payment_methods import ADD, erika
from tests.pages.test_payment_methods_asked import ACCOUNT
from tests.pages.test_statement import NOON, NOVEMBER, PATH, happened
from tests.support import cast, transfers
from tests.support.browser import Browser, Page
from tests.support.documents import documents_of
from tests.support.pdfs import text_of
from tests.support.shop import bought

__all__ = ["erika"]
MAKE, DOWNLOAD = "form[aria-label='Statement as PDF']", "#invoices-paper a"


def downloaded(browser: Browser, waiting: Page) -> str:
    """Return what a paper says that was asked for, as one line."""
    assert waiting.texts("#invoices-paper p") == ["The PDF is being made. It appears here in a moment."]
    address = f"{waiting.path}/pdf"
    assert browser.client.get(address).status_code == 303
    assert papers.make_due() == 1
    part = browser.opens(str(waiting.find("#invoices-paper")["hx-get"]), **{"HX-Request": "true"})
    assert [str(each["href"]) for each in part.soup.select(DOWNLOAD)] == [address]
    answer = browser.client.get(address)
    assert answer.headers["Content-Type"] == "application/pdf"
    return " ".join(text_of(answer.data).split())


@pytest.mark.both_databases
def test_a_statement_says_on_paper_what_its_page_and_its_file_say(
    app: Flask, origin: str, drawing: Renderer, acme: Customer, alice_actor: Actor, mallory_actor: Actor
) -> None:
    happened(app, alice_actor, acme)
    with clock.at(NOON + timedelta(days=20)):
        bob = cast.signed_in(app, origin, cast.make_actor(cast.BOB, acme))
        page = bob.opens(NOVEMBER)
        waiting = bob.submits(page, MAKE)
        said = downloaded(bob, waiting).replace("–", "−")  # the minus that all fonts have
        again = bob.submits(page, MAKE)
        assert again.path == waiting.path, "days that are over are made once"
        listed = bob.client.get(NOVEMBER.replace("?", ".csv?")).text
    for line in page.texts("#statement-money div"):
        title, _space, amount = line.rpartition(" ")
        assert f"{title} {amount}" in said, line
    for line in page.texts("#statement-credits div"):
        assert line.rpartition(" ")[2] in said, line
    rows = list(csv.DictReader(io.StringIO(listed)))
    place = said.index("Opening balance")
    for row in rows:
        amounts = [
            locale.exact(Money(round(float(row[name]) * 100), "USD"))
            for name in ("Charges", "Payments", "Balance")
            if row[name]
        ]
        place = said.index(" ".join(amounts), place) + 1  # in this order
    assert len(rows) == 6
    for each in documents_of(acme)[1:]:
        assert str(each.number) in said
    assert "$125.63 was to be paid on the last day." in said and "Page 1 of " in said
    mallory = cast.signed_in(app, origin, mallory_actor)
    assert mallory.client.get(waiting.path).status_code == 404
    assert mallory.client.get(f"{waiting.path}/pdf").status_code == 404


def test_days_that_are_not_over_are_a_statement_of_their_moment(
    app: Flask, origin: str, drawing: Renderer, acme: Customer, alice_actor: Actor
) -> None:
    happened(app, alice_actor, acme)
    with clock.at(NOON):
        alice, paths = cast.signed_in(app, origin, alice_actor), []
    for hours in (1, 2):
        with clock.at(NOON + timedelta(hours=hours)):
            paths.append(alice.submits(alice.opens(NOVEMBER), MAKE).path)
    assert len(set(paths)) == 2
    with clock.at(NOON + timedelta(hours=2)):
        assert papers.make_due() == 2
        said = " ".join(text_of(alice.client.get(f"{paths[1]}/pdf").data).split())
    assert "$125.63 is to be paid." in said


def test_what_is_too_long_or_too_much_for_paper_is_refused_with_the_way_to_go_on(
    app: Flask, origin: str, drawing: Renderer, monkeypatch: pytest.MonkeyPatch, acme: Customer, alice_actor: Actor
) -> None:
    happened(app, alice_actor, acme)
    monkeypatch.setattr(statement, "MOST_ON_PAPER", 3)
    with clock.at(NOON + timedelta(days=20)):
        alice = cast.signed_in(app, origin, alice_actor)
        refused = alice.submits(alice.opens(NOVEMBER), MAKE)
        assert "A PDF holds at most 3 entries. Choose fewer days, or take the spreadsheet." in refused.notices()
        monkeypatch.setattr(statement, "MOST_ON_PAPER", 10)
        monkeypatch.setattr(papers, "MOST_A_DAY", 0)
        refused = alice.submits(alice.opens(NOVEMBER), MAKE)
    assert refused.notices() == ["At most 0 statements can be made as PDFs in a day."]
    assert papers.make_due() == 0


def test_whoever_may_only_look_leaves_half_of_a_days_statements_to_who_manages(
    app: Flask, origin: str, drawing: Renderer, monkeypatch: pytest.MonkeyPatch, acme: Customer, alice_actor: Actor
) -> None:
    monkeypatch.setattr(papers, "MOST_A_DAY", 4)
    with clock.at(NOON + timedelta(days=20)):
        bob = cast.signed_in(app, origin, cast.make_actor(cast.BOB, acme))
        alice = cast.signed_in(app, origin, alice_actor)

        def asks(who: Browser, day: int) -> list[str]:
            shown = who.opens(f"{PATH}?from=2026-11-01&to=2026-11-{day:02}")
            return who.submits(shown, MAKE).notices()

        refused = ["At most 2 statements can be made as PDFs in a day."]
        assert [asks(bob, day) for day in (1, 2, 3, 2)] == [[], [], refused, []], "what is there is not counted again"
        assert [asks(alice, day) for day in (3, 4)] == [[], []]
        assert asks(alice, 5) == ["At most 4 statements can be made as PDFs in a day."]


def test_where_no_pdfs_are_made_none_is_offered(app: Flask, alice: Browser) -> None:
    assert alice.opens(PATH).soup.select(MAKE) == []


def test_a_pro_forma_says_what_to_send_where_and_that_it_is_no_invoice(
    app: Flask, drawing: Renderer, alice: Browser, acme: Customer, alice_actor: Actor
) -> None:
    transfers.take_transfers()
    order = bought(alice, "25.00", method="bank_transfer")
    waiting = alice.submits(order, "form[aria-label='Pro-forma as PDF']")
    said = downloaded(alice, waiting)
    number = re.search(r"pf_[0-9a-z]{26}", order.path)
    assert number is not None
    for words in (number.group(), "Pro-forma", "$25.00", "Routing number", "Account number", "not an invoice"):
        assert words in said, words
    assert "INV-" not in said
    alice.submits(alice.opens(order.path), "form[aria-label='Cancel this order']")
    assert alice.opens(order.path).soup.select("form[aria-label='Pro-forma as PDF']") == []
    assert "no longer asks for money" in alice.opens(order.path).text
    assert "This is the PDF of a cancelled order" in alice.opens(waiting.path).text


def test_a_mandate_has_its_words_and_what_is_known_of_the_account(
    app: Flask, drawing: Renderer, erika: Callable[..., tuple[Browser, Customer, Actor]]
) -> None:
    browser, customer, _actor = erika()
    form = browser.opens("/billing/payment-methods/?add=sepa_debit")
    words = " ".join(form.find("#mandate-text").get_text().split())
    page = browser.submits(form, ADD, test_method=ACCOUNT, accept=True)
    said = downloaded(browser, browser.submits(page, "form[aria-label^='Mandate as PDF']"))
    for each in ("SEPA Direct Debit Mandate", "Meridian Analytics GmbH", customer.name, "ending in 3000", words):
        assert each in said, each
    for each in ("Creditor identifier", "Recurrent payment", "Accepted by Erika Ebner", "within 8 weeks"):
        assert each in said, each
