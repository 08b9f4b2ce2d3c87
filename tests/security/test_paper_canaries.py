"""Harmless canaries of each kind in every field that reaches a paper beside documents: all of it is printed as text."""

from collections.abc import Callable

import pytest
from flask import Flask

from app import printing
from app.domain.addresses.address import NAMES, Address
from app.domain.amounts import CreditUnit
from app.domain.bank_transfers.accounts import BankAccount
from app.domain.bank_transfers.allocation import Standing
from app.domain.catalog import Seller
from app.domain.invoices.statement import Span, sums
from app.domain.mandates import AcceptedMandate, MandateText
from app.domain.money import Credits, Money
from app.gateways.pdf.renderer import Renderer
from app.models.bank_transfers import ProForma
from app.presenters import bank_transfers
from app.presenters.printed import mandates, pro_formas, receipts, statements
from app.presenters.printed.around import Around, of
from app.presenters.printed.document import PrintedDocument
from app.services.bank_transfers.orders import Ordered
from app.services.invoices.statement import CreditAccount, Entry
from app.services.receivables.receipts import Receipt
from tests.security.test_printed_canaries import HOSTILE
from tests.support import canary
from tests.support.pdfs import text_of
from tests.support.typed_documents import AT, parts_of

MONEY = Money(1250, "USD")
PARTIES = (
    "seller_name", "seller_address", "seller_email", "seller_phone", "seller_tax_id", "customer_email",
    "buyer_company", "buyer_line1", "buyer_line2", "buyer_city", "buyer_postal_code", "buyer_region",
)  # fmt: skip


def receipt(text: str) -> PrintedDocument:
    """Return a receipt in which every text is this one."""
    invoice = parts_of(text).document
    said = [f"[{name}] {text}" for name in ("given", "payment", "way")]
    return receipts.printed(Receipt(said[0], said[1], MONEY, AT, said[2], invoice, [(invoice, MONEY)], MONEY))


def around(text: str) -> Around:
    """Return parties of which every text is this one."""
    seller = Seller(
        f"[seller_name] {text}",
        address=(f"[seller_address] {text}",),
        email=f"[seller_email] {text}",
        phone=f"[seller_phone] {text}",
        tax_id=f"[seller_tax_id] {text}",
    )
    given = Address(*(f"[buyer_{name}] {text}" for name in NAMES[:-1]), "DE")
    return of(seller, given, text, text)


def account_statement(text: str) -> PrintedDocument:
    span, nothing = Span(AT.date(), AT.date()), Credits(0)
    entry = Entry((AT, 0, "inv_1"), "invoice", 5, 5, f"[number] {text}", "inv_1", "invoice", None, f"[detail] {text}")
    account = CreditAccount(**dict.fromkeys(CreditAccount.__dataclass_fields__, nothing))
    return statements.printed(
        (span, AT), (sums(0, {"invoice": 5}), account), [entry], ("USD", CreditUnit("USD")), around(text)
    )


def pro_forma(text: str) -> PrintedDocument:
    row = ProForma(
        id="pf_1", amount_minor=1250, currency="EUR", net_minor=None, treatment="", created_at=AT, valid_until=AT
    )
    line = bank_transfers.line(Ordered(row, None, Standing.WAITING), 0)
    details = (("Account holder", f"[holder] {text}"), ("IBAN", "DE89370400440532013000"), ("BIC", "COBADEFFXXX"))
    return pro_formas.printed(line, f"[ordered] {text}", BankAccount(details), around(text), to_send=line.amount)


def mandate(text: str) -> PrintedDocument:
    said = {name: f"[{name}] {text}" for name in ("reference", "accepted_by", "address", "account")}
    found = AcceptedMandate(
        id="man_1",
        creditor=(f"[creditor] {text}",),
        debtor=text,
        text=MandateText("1", f"[words] {text}"),
        accepted_at=AT,
        user_agent="",
        **said,
    )
    return mandates.printed(found, around(text))


BOTH = (
    "seller_name", "seller_address", "seller_email", "seller_phone", "seller_tax_id",
    "buyer_company", "buyer_line1", "buyer_line2", "buyer_city", "buyer_postal_code", "buyer_region",
)  # fmt: skip
PAPERS: dict[str, tuple[Callable[[str], PrintedDocument], tuple[str, ...]]] = {
    "receipt": (receipt, (*PARTIES, "po_number", "number", "given", "payment", "way")),
    "statement": (account_statement, (*BOTH, "number", "detail")),
    "pro_forma": (pro_forma, (*BOTH, "ordered", "holder")),
    "mandate": (mandate, ("creditor", *BOTH[5:], "reference", "accepted_by", "address", "account", "words")),
}


@pytest.mark.parametrize("kind", PAPERS)
def test_whatever_is_typed_is_printed_as_it_was_typed_and_nothing_is_fetched(
    app: Flask, drawing: Renderer, kind: str
) -> None:
    made, names = PAPERS[kind]
    with canary.singing() as singing:
        for form, hostile in (singing.documents() | HOSTILE).items():
            html = printing.page_of(made(hostile))
            assert hostile not in html, form
            said = "".join(text_of(drawing.render(html, made_at=AT)).split())
            for name in names:
                assert f"[{name}]{''.join(hostile.split())}" in said, (form, name)
        assert singing.fetched == []
