"""The PDF of a pro-forma: its code, read back by a scanner, asks for all that is to be paid, and to whom."""

import pytest
from flask import Flask

from app import locale
from app.domain.bank_transfers import epc
from app.domain.bank_transfers.allocation import Standing
from app.domain.money import Money
from app.gateways.pdf.renderer import Renderer
from app.models.scope import as_customer
from app.services.bank_transfers import accounts, orders, pro_forma_files
from app.services.mail import transfer_text
from app.services.papers import papers
from app.services.papers.stored import NotMade
from tests.support import papers as sold
from tests.support import transfers
from tests.support.pdfs import codes_of, text_of


def test_its_code_says_account_amount_with_tax_and_reference(app: Flask, drawing: Renderer) -> None:
    whose, actor = sold.customer(taxed="at_purchase")
    order = sold.orders(actor)
    with as_customer(whose.customer_id):
        with pytest.raises(NotMade):
            pro_forma_files.file(whose.customer_id, order.id)
        account = accounts.read()
    papers.make_due()
    with as_customer(whose.customer_id):
        made = pro_forma_files.file(whose.customer_id, order.id)
    assert account is not None
    details = dict(account.details)
    asked = Money(3000, "EUR")
    named = order.id.replace("_", "-")  # SEPA has no underscore
    (said,) = codes_of(made.content)
    assert said == epc.text(details["Account holder"], details["IBAN"], details["BIC"], asked, named)
    shown = " ".join(text_of(made.content).split())
    for words in ("€30.00", "€25.00", "€5.00", order.id, named, "to send by", "not an invoice"):
        assert words in shown, words


@pytest.mark.parametrize("there", [2345, 2999])
def test_it_asks_for_what_is_missing_and_the_one_before_is_kept(app: Flask, drawing: Renderer, there: int) -> None:
    whose, actor = sold.customer(taxed="at_purchase")
    order = sold.orders(actor)
    with as_customer(whose.customer_id):
        before = pro_forma_files.ask(whose.customer_id, order.id)
    transfers.sent(app, whose.customer_id, there, "EUR")
    with as_customer(whose.customer_id):
        asked = pro_forma_files.ask(whose.customer_id, order.id)
        assert pro_forma_files.ask(whose.customer_id, order.id) == asked != before
        assert [pro_forma_files.state_of(papers.head(each))[1] for each in (before, asked)] == [False, True]
    assert papers.make_due() == 2
    with as_customer(whose.customer_id):
        said = papers.file(asked).content
        assert pro_forma_files.file(whose.customer_id, order.id).content == said
        assert codes_of(papers.file(before).content)[0].split("\n")[7] == "EUR30.00"
    missing = locale.exact(Money(3000 - there, "EUR"))
    assert codes_of(said)[0].split("\n")[7] == missing.replace("€", "EUR")
    shown = " ".join(text_of(said).split())
    assert f"{missing} to send by" in shown and f"Still to send {missing}" in shown
    assert (mail := transfer_text.order(whose.customer_id, order.id)) and mail["amount"] == Money(3000 - there, "EUR")
    with as_customer(whose.customer_id):
        orders.give_up(actor, order.id)
        assert pro_forma_files.file(whose.customer_id, order.id).content == said
        assert pro_forma_files.state_of(papers.head(asked)) == (Standing.CANCELED, False)
