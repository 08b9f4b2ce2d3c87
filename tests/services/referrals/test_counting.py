"""What the invited pay with real money is counted once, however it is taxed and whatever goes back."""

from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask

from app.domain.addresses.address import Address
from app.models.documents import Document
from app.services.customers import address
from app.services.verification.verify import verify
from tests.support import periods, referred
from tests.support.corrections import OSLO, at, corrects
from tests.support.documents import documents_of
from tests.support.periods import BEGIN, OVER, USED
from tests.support.referred import granted, invited, inviter, referral, rows
from tests.support.reversals import buys, later, sends_back
from tests.support.shop import add_method

STOCKHOLM = Address("Small AB", "Drottninggatan 1", "", "Stockholm", "111 51", "", "SE")
DECEMBER = datetime(2026, 12, 1, 0, 5, tzinfo=UTC)


@pytest.mark.both_databases
@pytest.mark.case("AC-89")
def test_bought_credit_earns_when_it_is_bought_where_it_is_taxed_then_and_never_again(app: Flask) -> None:
    ours = inviter()
    theirs = invited(ours)
    with referred.on(USED):
        payment = buys(app, referred.manager(theirs, "Mallory"), 2500)
    periods.gives(theirs, 3)
    periods.uses(theirs, 2300)
    assert periods.closes(theirs) is None  # all of it was paid by credit
    assert referred.counts(OVER) == 1
    assert rows(ours) == [(2500, 2500)]
    assert referred.counts(OVER) == 0  # nothing has happened since
    assert referred.gives(OVER) == 1
    assert granted(ours) == [(5_000_000, "Referral credit for October 2026")]
    with referred.on(OVER):
        sends_back(payment, 1250)
    assert referred.counts(OVER + timedelta(hours=1)) == 1
    ((net, most),) = rows(ours)
    assert (net, most) == (1500, 2500)  # 12.50 of the 31.25 with tax
    assert verify() == []


@pytest.mark.case("AC-89")
def test_bought_credit_earns_when_it_pays_an_invoice_where_it_is_taxed_at_use(app: Flask) -> None:
    ours = inviter("at_use")
    theirs = invited(ours)
    with referred.on(USED):
        buys(app, referred.manager(theirs, "Mallory"), 5000)
    referred.counts(USED)
    assert rows(ours) == []  # money on account has paid nothing yet
    periods.gives(theirs, 4, at=USED)
    periods.uses(theirs, 1400)
    invoice = periods.closes(theirs)
    assert invoice is not None
    assert (invoice.net_minor, invoice.state) == (1000, "paid")  # 4.00 was given, and lowers the price
    referred.counts(OVER)
    assert rows(ours) == [(1000, 1000)]
    assert (referred.gives(DECEMBER), granted(ours)) == (2, [(2_000_000, "Referral credit for November 2026")])
    assert verify() == []


def test_credit_that_nobody_bought_earns_nothing(app: Flask) -> None:
    ours = inviter("at_use")
    theirs = invited(ours)
    for kind in ("promotional", "trial", "referral", "refund"):
        periods.gives(theirs, 5, kind)
    periods.uses(theirs, 2000)
    invoice = periods.closes(theirs)
    assert invoice is None or invoice.net_minor == 0
    referred.counts(OVER)
    assert (rows(ours), referred.gives(DECEMBER), granted(ours)) == ([], 2, [])


def test_an_invoice_earns_when_a_card_has_paid_it_and_not_before(app: Flask) -> None:
    ours = inviter()
    theirs = invited(ours)
    periods.uses(theirs, 1000)
    invoice = periods.closes(theirs)
    assert invoice is not None
    assert invoice.payable_minor == 1250
    referred.counts(OVER)
    assert rows(ours) == []
    actor = referred.manager(theirs, "Mallory")
    with referred.on(OVER):
        method = add_method(actor)
        periods.pays(actor, invoice, method.id)
    referred.counts(OVER)
    assert rows(ours) == [(1000, 1000)]


@pytest.mark.case("AC-89")
def test_a_refund_takes_its_share_back_and_one_that_bounced_gives_it_again(app: Flask) -> None:
    ours = inviter()
    theirs = invited(ours)
    payment = buys(app, referred.manager(theirs, "Mallory"), 2500, "pm_card_refundFail")
    referred.counts(later_than(documents_of(theirs)[-1]))
    assert rows(ours) == [(2500, 2500)]
    sends_back(payment)
    referred.counts(later_than(documents_of(theirs)[-1]))
    assert rows(ours) == [(0, 2500)]
    later(app, timedelta(days=2))  # the bank says that it did not arrive
    referred.counts(later_than(documents_of(theirs)[-1]))
    assert rows(ours) == [(2500, 2500)]


def later_than(document: Document) -> datetime:
    """Return a moment at which the document is there."""
    assert document.issued_at is not None
    return document.issued_at + timedelta(minutes=1)


def test_credit_that_is_refunded_after_it_has_paid_an_invoice_takes_its_share_back_until_it_is_paid_again(
    app: Flask,
) -> None:
    ours = inviter("at_use")
    theirs = invited(ours)
    actor = referred.manager(theirs, "Mallory")
    with referred.on(USED):
        payment = buys(app, actor, 1250)
    periods.uses(theirs, 1000)
    assert periods.closes(theirs) is not None
    referred.counts(OVER)
    assert (rows(ours), referral(theirs).gone_minor) == ([(1000, 1000)], 0)
    with referred.on(OVER):
        sends_back(payment, 625)
    referred.counts(OVER)
    assert (rows(ours), referral(theirs).gone_minor) == ([(1000, 1000)], 500)
    with referred.on(OVER):
        buys(app, actor, 5000)  # pays what is below zero first
    referred.counts(OVER)
    assert referral(theirs).gone_minor == 0


def test_what_is_paid_after_the_year_earns_nothing_and_the_same_day_does(app: Flask) -> None:
    ours = inviter()
    theirs = invited(ours)
    ends = referral(theirs).ends_at
    assert ends == BEGIN.replace(year=2027)
    actor = referred.manager(theirs, "Mallory")
    with referred.on(ends - timedelta(seconds=1)):
        buys(app, actor, 1000)
    with referred.on(ends):
        buys(app, actor, 2000)
    referred.counts(ends + timedelta(days=1))
    assert rows(ours) == [(1000, 1000)]


def test_whoever_turns_out_to_be_the_inviter_itself_earns_nothing(app: Flask) -> None:
    ours = inviter()
    theirs = invited(ours, "Second", email="office@small.example")
    with referred.on(USED):
        buys(app, referred.manager(theirs, "Mallory"), 2500)
        referred.counts(USED)
        assert rows(ours) == [(2500, 2500)]
        add_method(referred.manager(ours, "Alice"))  # the same card, and the same domain
        buys(app, referred.manager(theirs, "Morris"), 1000)
    referred.counts(OVER)
    assert referral(theirs).is_oneself
    assert rows(ours) == [(0, 2500)]
    assert (referred.gives(DECEMBER), granted(ours)) == (2, [])


def test_what_was_paid_in_time_and_is_corrected_afterwards_counts_on(app: Flask) -> None:
    """Also where the correction asks for more, so that its invoice is not paid yet."""
    ours = inviter()
    theirs = invited(ours)
    address.change(theirs.customer_id, OSLO, "", 0, by="mem_alice", as_typed=True)
    with referred.on(BEGIN + timedelta(days=360)):
        buys(app, referred.manager(theirs, "Mallory"), 2500)
    after = BEGIN + timedelta(days=370)
    referred.counts(after)
    assert rows(ours) == [(2500, 2500)]
    with referred.on(after):
        corrects(theirs, documents_of(theirs)[0], at(STOCKHOLM))
    assert documents_of(theirs)[-1].state == "open"  # the tax is not paid
    referred.counts(after + timedelta(hours=1))
    assert rows(ours) == [(0, 2500), (2000, 2500)]  # 25.00 of 31.25 with tax
    assert verify() == []
