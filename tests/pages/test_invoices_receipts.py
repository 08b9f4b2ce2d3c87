"""Receipts on the Invoices page: found with the receipts of refunds, and each says when it was paid."""

import csv
import io

from flask import Flask

from tests.support import cast
from tests.support.api import api_for
from tests.support.documents import documents_of, sold_at_use
from tests.support.reversals import buys, sends_back

PATH = "/billing/invoices"


def test_receipts_are_found_with_their_refunds_and_say_when_they_were_paid(app: Flask, origin: str) -> None:
    """The payment date of a receipt is its own: it is written in the transaction that settles its payment."""
    customer = sold_at_use()
    actor = cast.make_actor(cast.ALICE, customer)
    sends_back(buys(app, actor, 2500), 1000)
    receipt, refund = documents_of(customer)
    day = f"{receipt.issued_at:%Y-%m-%d}"
    alice = cast.signed_in(app, origin, actor)
    page = alice.follows(alice.opens(PATH), '.invoices-kinds a[href*="receipt"]')
    assert page.texts("#invoices-history tbody th") == [
        f"{refund.number} Refund receipt",
        f"{receipt.number} Receipt",
    ]
    issued, paid = (page.texts(f"#invoices-history tbody td:nth-child({column})") for column in (1, 3))
    assert paid == ["", issued[1]]
    found = alice.follows(page, 'a[href*=".csv"]').response
    rows = list(csv.DictReader(io.StringIO(found.get_data(as_text=True))))
    assert [(row["Invoice ID"], row["Payment date"]) for row in rows] == [(refund.number, ""), (receipt.number, day)]
    assert f"Paid $25.00 on {issued[1]}" in " ".join(
        alice.opens(f"{PATH}/{receipt.id}").texts("#invoices-document dl div")
    )
    sent = api_for(app).get(f"/customers/{customer.customer_id}/invoices", type="receipt").get_json()["data"]
    assert [(each["paid_at"][:10], each["paid_minor"]) for each in sent] == [(day, 2500)]
