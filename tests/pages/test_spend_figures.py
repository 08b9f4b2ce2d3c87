"""What may be used now, opened: in words, with its rows, also where a limit binds or nothing can be used at all."""

import pytest
from flask import Flask

from app.models.customers import Customer
from app.models.scope import as_service
from app.services.transaction import transaction
from tests.pages.test_usage_figures import SPENT, acme, of
from tests.support import spend, usage_cast
from tests.support.usage_cast import looks

__all__ = ["acme"]


@pytest.mark.both_databases
def test_it_says_which_of_balance_and_limit_leaves_less(app: Flask, origin: str, acme: Customer) -> None:
    alice = looks(app, origin, acme)
    page = alice.opens(f"{SPENT}/available")
    assert "Today’s limit leaves less than your balance does" in page.text
    left = of(page)[0]
    assert page.texts("dt") == ["Daily limit", "Used today", "Held for calls in progress", "Left"]
    assert page.texts("dd")[0] == "+$20.00" and page.texts("dd")[2] == "−$3.00"
    assert left == of(alice.opens(f"{SPENT}/left"))[0]
    spend.chooses(acme, "90")
    page = alice.opens(f"{SPENT}/available")
    assert page.texts("dt")[:1] == ["Remaining credits"] and of(page) == of(alice.opens(f"{SPENT}/balance"))
    held = alice.follows(page, "dl a[href$='/held']")
    assert (held.texts("dt")[0], of(held)) == ("Credits, without a meter, 1 call", ("$3.00", "$3.00"))


def test_where_there_is_no_daily_limit_none_is_left(app: Flask, origin: str) -> None:
    assert looks(app, origin, usage_cast.metered()).opens(f"{SPENT}/left").status == 404


def test_a_suspended_customer_reads_that_nothing_can_be_used(app: Flask, origin: str, acme: Customer) -> None:
    alice = looks(app, origin, acme)
    with as_service("suspend"), transaction() as session:
        session.get_one(Customer, acme.customer_id).standing = "suspended"
    for name in ("available", "balance"):
        page = alice.opens(f"{SPENT}/{name}")
        assert of(page) == ("$0.00", "$0.00")
        assert "Your account is not active at the moment, so nothing can be used." in page.text
