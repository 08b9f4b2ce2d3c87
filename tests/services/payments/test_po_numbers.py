"""Where invoices need a purchase order number, nothing is bought without one, and what was chosen stays."""

import pytest

from app import ids
from app.domain.errors import Refused
from app.domain.money import Money
from app.domain.people import Actor
from app.models.customers import Customer
from app.models.scope import as_customer
from app.services.customers import address, directory
from app.services.payments import top_ups
from tests.support.corrections import NEW_YORK
from tests.support.documents import documents_of
from tests.support.shop import GOOD, add_method


@pytest.mark.both_databases
def test_a_purchase_waits_for_the_number_and_an_automatic_one_does_not(acme: Customer, alice_actor: Actor) -> None:
    method = add_method(alice_actor, GOOD)
    directory.change(acme.customer_id, directory.Change(po_required=True), by="seller")

    def buys() -> None:
        with as_customer(acme.customer_id):
            top_ups.buy(
                alice_actor,
                form_key=ids.new_form_key(),
                amount=Money(2500, "USD"),
                pack="",
                method_id=method.id,
                return_url="http://127.0.0.1/{}".format,
            )

    with pytest.raises(Refused) as no:
        buys()
    assert (no.value.reason, no.value.status) == ("po_number_missing", 409)
    assert "Enter the number on the page Invoice address" in no.value.sentence
    assert documents_of(acme) == []
    top_ups.charge(
        acme.customer_id,
        by="auto_recharge",
        form_key=ids.new_form_key(),
        amount=Money(700, "USD"),
        pack="",
        method_id=method.id,
        return_url="http://127.0.0.1/{}".format,
    )
    address.change(acme.customer_id, NEW_YORK, "PO-7", 0, by="mem_alice", as_typed=True)
    buys()
    assert [(each.total_minor, each.po_number) for each in documents_of(acme)] == [(700, ""), (2500, "PO-7")]
