"""Mails about unpaid invoices: amounts, what follows and what to do; and none of what is no longer so."""

import json

from flask import Flask
from sqlalchemy import select

from app import clock
from app.models.customers import Customer
from app.models.database import db
from app.models.mails import Mail
from app.models.scope import as_service
from app.services.mail import payment_text
from app.services.mail.payment_text import Words
from tests.support import dunning, periods
from tests.support.periods import OVER, manager, pays
from tests.support.shop import BROKE, GOOD, add_method


def words(customer: Customer, template: str) -> Words | None:
    with as_service("read a mail"):
        wanted = select(Mail).where(Mail.customer_id == customer.customer_id, Mail.template == template)
        mail = db.session.scalars(wanted).one()
    return payment_text.of(mail.template, mail.customer_id, json.loads(mail.context))


def test_each_says_what_is_so_and_what_to_do(app: Flask) -> None:
    small = periods.customer()
    with clock.at(OVER):
        actor = manager(small)
        add_method(actor, BROKE)
    invoice = dunning.invoiced(small)
    dunning.collects()
    with clock.at(OVER):
        unpaid = words(small, "invoice_unpaid")
    assert unpaid is not None
    assert unpaid.subject == f"Invoice {invoice.number} from Small AB is not paid"
    for part in (
        "We tried to charge Visa ending in 9995. The card has insufficient funds.",
        "We try again on 3 Nov 2026, 09:00 UTC.",
        "If it is not paid by 7 Nov 2026, 09:00 UTC, your account is suspended",
        "$8.81",
        f"/billing/invoices/{invoice.id}/payment",
    ):
        assert part in unpaid.text
    assert "$8.81" in unpaid.html
    now = dunning.fails_until_suspended()
    with clock.at(now):
        suspended = words(small, "account_suspended")
        assert suspended is not None
        assert suspended.subject == "Your account with Small AB is suspended"
        assert "An invoice is not paid, so calls are refused from now on." in suspended.text
        assert f"{invoice.number}   $8.81" in suspended.text
        assert f"/billing/invoices/{invoice.id}/payment" in suspended.text
        pays(actor, invoice, add_method(actor, GOOD).id)
        assert words(small, "account_suspended") is None
        assert words(small, "invoice_unpaid") is None
        restored = words(small, "account_restored")
    assert restored is not None
    assert restored.subject == "Your account with Small AB is served again"
    assert "Nothing is overdue any more." in restored.html
