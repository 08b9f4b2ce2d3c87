"""The PDF of a pro-forma: its code, read back by a scanner, asks for all that is to be paid, and to whom."""

import pytest
from flask import Flask

from app.domain.bank_transfers import epc
from app.domain.money import Money
from app.gateways.pdf.renderer import Renderer
from app.models.scope import as_customer
from app.services.bank_transfers import accounts, pro_forma_files
from app.services.papers import papers
from app.services.papers.stored import NotMade
from tests.support import papers as sold
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
    (said,) = codes_of(made.content)
    assert said == epc.text(details["Account holder"], details["IBAN"], details["BIC"], asked, order.id)
    shown = " ".join(text_of(made.content).split())
    for words in ("€30.00", "€25.00", "€5.00", order.id, "not an invoice"):
        assert words in shown, words
