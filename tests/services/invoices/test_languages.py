"""The language of a document: the customer's when it was drafted or asked for, kept with it, and said by its file."""

import pytest
from flask import Flask

from app import printing
from app.domain.people.members import Actor
from app.gateways.pdf.renderer import Renderer
from app.models.customers import Customer
from app.models.scope import as_customer, as_service
from app.services.invoices import file_making, files, reads
from app.services.papers import papers
from app.services.transaction import transaction
from tests.support.documents import documents_of
from tests.support.pdfs import language_of, text_of
from tests.support.reversals import buys, sends_back

JANUARY = "2026-01-01..2026-01-31"


def speaks(customer: Customer, language: str) -> None:
    """Give the customer this language."""
    with as_service("choose a language"), transaction() as session:
        session.get_one(Customer, customer.customer_id, populate_existing=True).language = language


@pytest.mark.both_databases
def test_a_document_is_in_the_language_that_its_customer_had_when_it_was_drafted(
    app: Flask, drawing: Renderer, acme: Customer, alice_actor: Actor
) -> None:
    payment = buys(app, alice_actor, 2500)
    speaks(acme, "de")
    sends_back(payment, 1000)
    paper = papers.request(acme.customer_id, papers.STATEMENT, JANUARY)
    speaks(acme, "fr")  # whoever draws them comes later
    assert (file_making.make_due(), papers.make_due()) == (2, 1)
    bought, returned = documents_of(acme)
    assert (bought.language, returned.language) == ("en", "de")
    with as_customer(acme.customer_id):
        made = [files.of(each.id, files.PDF) for each in (bought, returned)] + [papers.file(paper)]
        assert '<html lang="de">' in printing.html_of(reads.one(returned.id))
    assert [language_of(each.content) for each in made] == ["en", "de", "de"]
    english, german, statement = (text_of(each.content) for each in made)
    assert "Credit: 25.00 USD" in english and "Amount due" in english
    assert "(Rechnungskorrektur)" in german and f"Erstattung zu {bought.number}" in german
    assert "Kontoaufstellung" in statement and "Endsaldo" in statement
