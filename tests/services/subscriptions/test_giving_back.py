"""Less is had at once where the catalog says so: what is not used of what was paid comes back as credit, to the cent."""

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from app import clock
from app.domain.errors import Refused
from app.domain.money import Money
from app.domain.people.members import Actor
from app.models.customers import Customer
from app.models.database import db
from app.models.documents import Document
from app.models.events import OutboxEvent
from app.models.ledger import Grant
from app.models.scope import as_customer, as_service
from app.models.subscriptions import PlanChange
from app.presenters import invoices as words
from app.services.invoices import reads as invoice_reads
from app.services.mail import sending
from app.services.reversals import refunds
from app.services.verification.verify import verify
from tests.support import months, periods, plans, post
from tests.support.mail_server import mail_server
from tests.support.plans import HALF, confirms, previews, target
from tests.support.shop import GOOD, add_method

IMMEDIATE = ('downgrade = "period_end"', 'downgrade = "immediate"')
AT_USE = ('credits = "at_purchase"', 'credits = "at_use"')
INCLUSIVE = ('prices = "exclusive"', 'prices = "inclusive"')
LATER = HALF + timedelta(hours=1)


def team(*words: tuple[str, str], seats: int = 5) -> tuple[Actor, Customer]:
    """Return a customer who has paid for a team in the middle of June, and its manager."""
    acme = plans.customer(IMMEDIATE, *words)
    alice = plans.manager(acme)
    confirms(alice, target("team", seats), add_method(alice, GOOD).id)
    return alice, acme


def given(acme: Customer) -> list[int]:
    """Return the credit that was given back, in micros."""
    return [each.micros for each in plans.rows(Grant, acme) if each.kind == "proration"]


def refunds_at_most(acme: Customer, payment_id: str) -> int:
    """Let the seller refund all that is left of a payment; return it."""
    with clock.at(LATER):
        return refunds.refund(payment_id, reason="Asked for", requested_by="seller").amount_minor


def notes(acme: Customer) -> list[tuple[int, int]]:
    """Return net and total of the credit notes."""
    return [(net, total) for state, net, total, _lines in plans.invoices(acme) if state == "issued"]


@pytest.mark.both_databases
def test_where_credit_is_taxed_when_it_is_used_a_credit_note_gives_price_and_tax_back(app: Flask) -> None:
    alice, acme = team(AT_USE)
    paid = plans.rows(PlanChange, acme)[0]
    seen = previews(acme, target(seats=3))
    assert (seen.price.net.amount_minor, seen.price.tax.amount_minor, seen.given.amount_minor) == (-1500, -375, 1875)
    less = confirms(alice, target(seats=3), "")
    assert (less.state, less.total_minor, plans.subscription(acme)) == ("applied", -1875, ("team", "monthly", 3))
    assert (notes(acme), given(acme)) == ([(1500, 1875)], [18_750_000])
    assert plans.payments(acme) == [("succeeded", 4938)]
    assert "credits.granted" in {each.type for each in plans.rows(OutboxEvent, acme)}
    assert verify() == []
    assert refunds_at_most(acme, paid.payment_id) == 4938 - 1875  # not what is credit now
    assert verify() == []


def test_page_and_mail_say_that_a_credit_note_is_credit_now_and_no_money(app: Flask) -> None:
    alice, acme = team(AT_USE)
    less = confirms(alice, target(seats=3), "")
    with mail_server() as server:
        post.sends_by(app, server)
        with clock.at(LATER):
            sending.send_due()
        texts = [str(next(each.iter_parts()).get_content()) for each in server.mails]
    (text,) = [each for each in texts if "Credit note" in each]
    assert "for the part of your plan that you no longer use. Its $18.75 is credit on your balance now." in text
    with as_customer(acme.customer_id):
        parts = invoice_reads.one(less.document_id or "")
        said = words.described(parts)
    assert said["sentence"] == "This amount of the invoice is credit on your balance now."
    assert (said["total"], said["credits_applied"], said["payable"]) == (usd(1875), usd(-1875), usd(0))


def usd(minor: int) -> Money:
    return Money(minor, "USD")


def test_where_credit_was_taxed_when_it_was_bought_the_price_is_given_and_the_tax_stays_paid(app: Flask) -> None:
    alice, acme = team()
    paid = plans.rows(PlanChange, acme)[0]
    less = confirms(alice, target(seats=3), "")
    assert (less.total_minor, less.document_id, given(acme)) == (-1500, None, [15_000_000])
    assert refunds_at_most(acme, paid.payment_id) == 4938 - 1875
    assert (len(plans.invoices(acme)), verify()) == (2, [])  # the refund's own credit note


def test_more_than_is_left_of_a_payment_is_not_refunded(app: Flask) -> None:
    alice, acme = team(AT_USE)
    confirms(alice, target(seats=3), "")
    paid = plans.rows(PlanChange, acme)[0]
    with clock.at(LATER), pytest.raises(Refused) as refused:
        refunds.refund(paid.payment_id, amount=Money(3064, "USD"), reason="Asked for", requested_by="seller")
    assert refused.value.reason == "more_than_left"


def test_it_is_taken_off_the_newest_invoice_first_each_by_its_own_credit_note(app: Flask) -> None:
    acme = plans.customer(IMMEDIATE, AT_USE)
    alice = plans.manager(acme)
    way = add_method(alice, GOOD).id
    confirms(alice, target("personal"), way)  # 600 + 150
    confirms(alice, target("team", 5), way)  # 3350 + 838
    free = confirms(alice, target("free"), "")
    assert (free.net_minor, free.tax_minor, given(acme)) == (-3950, -988, [49_380_000])
    assert (notes(acme), plans.subscription(acme)[0]) == ([(3350, 4188), (600, 750)], "free")
    with as_service("look at payments"):
        assert [each.as_credit_minor for each in plans.payment_rows(acme)] == [750, 4188]
    assert verify() == []


def test_prices_that_include_tax_are_given_back_with_it(app: Flask) -> None:
    alice, acme = team(AT_USE, INCLUSIVE)
    less = confirms(alice, target(seats=3), "")
    assert (less.net_minor, less.tax_minor, notes(acme), given(acme)) == (-1200, -300, [(1200, 1500)], [15_000_000])
    assert verify() == []


def test_a_year_is_given_back_by_its_seconds_and_a_month_is_charged_of_it(app: Flask) -> None:
    acme = plans.customer(IMMEDIATE, AT_USE)
    alice = plans.manager(acme)
    confirms(alice, target("personal", interval="annual"), add_method(alice, GOOD).id, at=plans.BEGIN)
    year = plans.invoices(acme)[0][1]
    month = confirms(alice, target(interval="monthly"), "")
    unused, rest = 11508, 600  # 120.00 x 351 of 366 days; 12.00 x 15 of 30
    assert (month.state, month.net_minor, plans.subscription(acme)[1]) == ("applied", rest - unused, "monthly")
    row = plans.row_of(acme)
    assert (f"{row.period_starts_at:%F}", f"{row.period_ends_at:%F}") == ("2027-06-01", "2027-07-01")
    assert year > unused - rest
    assert verify() == []


def test_what_was_not_paid_is_not_given_back_and_waits_for_the_end_of_the_period(app: Flask) -> None:
    acme = plans.customer(IMMEDIATE)
    alice = plans.manager(acme)
    confirms(alice, target("penny"), "")
    assert plans.invoices(acme)[0][0] == "open"
    waits = confirms(alice, target("free"), "")
    assert (waits.state, waits.total_minor, given(acme), plans.subscription(acme)[0]) == ("scheduled", 0, [], "penny")


def test_money_that_was_refunded_or_is_disputed_is_not_given_as_credit_too(app: Flask) -> None:
    alice, acme = team(AT_USE)
    paid = plans.rows(PlanChange, acme)[0]
    with clock.at(HALF):
        refunds.refund(paid.payment_id, amount=Money(4000, "USD"), reason="Asked for", requested_by="seller")
    assert confirms(alice, target(seats=3), "").state == "scheduled"
    assert confirms(alice, target("free"), "").state == "scheduled", "nobody says which of its time went back"
    assert (given(acme), verify()) == ([], [])


def test_what_was_refunded_is_not_given_out_of_time_of_an_older_invoice_that_is_over(app: Flask) -> None:
    acme = plans.customer(IMMEDIATE, AT_USE)
    alice = plans.manager(acme)
    way = add_method(alice, GOOD).id
    confirms(alice, target("personal"), way, at=plans.BEGIN)  # 12.00, of which 6.00 are not over
    more = confirms(alice, target("team", 5), way)
    with clock.at(HALF):
        refunds.refund(more.payment_id or "", reason="Asked for", requested_by="seller")
    assert confirms(alice, target(seats=4), "").state == "scheduled"  # 7.50 of what is paid is not left
    assert (given(acme), verify()) == ([], [])


def test_the_credit_pays_the_next_use_of_the_plan_like_bought_credit(app: Flask) -> None:
    alice, acme = team(AT_USE)
    confirms(alice, target(seats=3), "")
    again = confirms(alice, target(seats=5), plans.method_of(acme), at=LATER)
    assert (again.state, again.total_minor > 0) == ("applied", True)
    with as_service("look at grants"):
        assert db.session.scalars(select(Grant.remaining_micros).where(Grant.kind == "proration")).all() == [18_750_000]
    assert verify() == []


def test_a_plan_that_the_month_has_billed_is_given_back_of_its_paid_invoice(app: Flask) -> None:
    acme = months.begins(plans.BEGIN, "team", IMMEDIATE, AT_USE)
    alice = plans.manager_of(acme)
    way = add_method(alice, GOOD).id
    assert months.runs(plans.BEGIN) == 1
    with as_service("look at documents"):
        (document,) = plans.rows(Document, acme)
    with clock.at(plans.BEGIN):
        assert periods.pays(alice, document, way).state == "succeeded"
    free = confirms(alice, target("free"), "")
    assert (free.state, free.net_minor, free.tax_minor) == ("applied", -2450, -612)  # half of June: 49.00 / 2
    assert (notes(acme), given(acme)) == ([(2450, 3062)], [30_620_000])
    (payment,) = plans.payment_rows(acme)
    assert refunds_at_most(acme, payment.id) == 6125 - 3062
    assert verify() == []
