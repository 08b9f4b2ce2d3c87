"""Other prices are had on the day that was announced, and nobody's invoice changes before; whoever leaves, has left."""

import json
from datetime import date, timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from app import clock
from app.domain.errors import Refused
from app.domain.money import Money
from app.gateways.smtp import Delivered, NotNow
from app.models.customers import Customer
from app.models.database import db
from app.models.mails import Mail
from app.models.plan_periods import PriceChange
from app.models.scope import as_customer, as_service
from app.services.customers.plan_moves import Stays
from app.services.mail import payment_text, sending
from app.services.month_end import price_changes
from app.services.subscriptions import cancellation
from app.services.transaction import transaction
from app.services.verification.verify import verify
from tests.support import months, periods, plans
from tests.support.months import at, begins, runs
from tests.support.plans import BEGIN, HALF, confirms, target
from tests.support.shop import GOOD, add_method

DOUBLED = ('monthly = "49.00"', 'monthly = "98.00"')
DEARER = ('credits = "0.40"', 'credits = "0.80"')
ON = date(2027, 8, 15)
JULY, AUGUST, SEPTEMBER = at(2027, 7, 1), at(2027, 8, 1), at(2027, 9, 1)


def announced(whose: Customer, on: date = ON, moment: object = HALF) -> price_changes.Announcement:
    with clock.at(moment):  # type: ignore[arg-type]  # a moment
        return price_changes.announce(whose.customer_id, 2, on, by="seller")


def states(whose: Customer) -> list[str]:
    return [each.state for each in plans.rows(PriceChange, whose)]


def prices(whose: Customer) -> list[int]:
    """Return what each invoice says of the plan."""
    return [minor for _state, found in months.lines(whose) for words, minor in found if words.startswith("Team")]


def test_nobodys_invoice_changes_before_the_day_that_was_announced(app: Flask) -> None:
    acme = begins(BEGIN, "team")
    runs(BEGIN)
    periods.uses(acme, 500, HALF)
    plans.applies(DOUBLED, DEARER)
    runs(JULY)
    assert announced(acme, moment=at(2027, 7, 5)).compared == price_changes.Compared(
        1, Money(5400, "USD"), Money(10_800, "USD")
    )
    for moment in (AUGUST, SEPTEMBER, at(2027, 10, 1)):
        runs(moment)
    assert prices(acme) == [4900, 4900, 4900, 9800, 9800]
    assert (states(acme), verify()) == (["applied"], [])
    assert months.events(acme).count("subscription.price_changed") == 1


def test_without_an_announcement_the_plan_stays_as_it_was_sold(app: Flask) -> None:
    acme = begins(BEGIN, "team")
    gone = ('key = "team"\ntitle = "Team"', 'key = "crew"\ntitle = "Crew"')
    plans.applies(DOUBLED, gone)  # dearer, and not sold any more
    for moment in (BEGIN, JULY, AUGUST):
        runs(moment)
    assert prices(acme) == [4900, 4900, 4900]
    with pytest.raises(Refused) as refused:
        announced(acme)
    assert (refused.value.reason, verify()) == ("plan_unknown", [])


def test_whoever_cancels_or_takes_another_plan_before_is_not_moved(app: Flask) -> None:
    leaves, changes, stays = (begins(BEGIN, "team") for _each in range(3))
    runs(BEGIN)
    plans.applies(DOUBLED)
    for each in (leaves, changes, stays):
        announced(each, date(2027, 7, 1))
    with clock.at(HALF):
        cancellation.cancel(leaves.customer_id, by="alice")
        assert [price_changes.withdraw(stays.customer_id, by="seller") for _twice in range(2)] == [True, False]
    alice = plans.manager_of(changes)
    confirms(alice, target("personal"), "", at=HALF)
    runs(JULY)
    assert [plans.subscription(each)[0] for each in (leaves, changes, stays)] == ["free", "personal", "team"]
    runs(AUGUST)
    assert (prices(stays), states(changes), states(stays)) == ([4900, 4900, 4900], ["replaced"], ["withdrawn"])
    assert verify() == []


def test_a_year_that_is_paid_goes_on_and_the_next_one_has_the_new_price(app: Flask) -> None:
    acme = plans.customer()
    alice = plans.manager(acme)
    confirms(alice, target("team", interval="annual"), add_method(alice, GOOD).id, at=BEGIN)
    plans.applies(('annual = "490.00"', 'annual = "980.00"'))
    announced(acme)
    runs(at(2028, 6, 1))
    assert prices(acme)[-1] == 98000
    assert verify() == []


def test_the_mail_is_in_the_customers_own_money_and_not_once_it_is_withdrawn(app: Flask) -> None:
    acme = begins(BEGIN, "team")
    for moment in (BEGIN, JULY, AUGUST, SEPTEMBER):
        runs(moment)
    plans.applies(DOUBLED)
    announced(acme, date(2027, 10, 1), SEPTEMBER)
    (mail,) = [each for each in plans.rows(Mail, acme) if each.template == "price_change"]
    words = payment_text.of(mail.template, acme.customer_id, json.loads(mail.context))
    assert words is not None
    assert words.subject == "The price of Team changes on 1 Oct 2027"
    for said in ("Your last 3 months came to $147.00", "they would have come to $294.00", "$98.00 a month"):
        assert said in words.text
    with as_customer(acme.customer_id), clock.at(SEPTEMBER):
        own = db.session.get_one(Customer, acme.customer_id, populate_existing=True)
        assert price_changes.of(own) is not None
    price_changes.withdraw(acme.customer_id, by="seller")
    assert payment_text.of(mail.template, acme.customer_id, json.loads(mail.context)) is None


def mailed(whose: Customer) -> list[tuple[str, str]]:
    """Return the mails about prices, each with what became of it."""
    return [(each.template, each.state) for each in plans.rows(Mail, whose) if each.template.startswith("price_")]


def sends(moment: object) -> None:
    with clock.at(moment):  # type: ignore[arg-type]  # a moment
        sending.send_due()


def test_whoever_was_sent_the_mail_is_sent_once_that_it_does_not_come(app: Flask) -> None:
    sent, unsent = (begins(BEGIN, "team") for _each in range(2))
    runs(BEGIN)
    plans.applies(DOUBLED)
    announced(sent)
    sends(HALF)
    announced(unsent)
    with clock.at(HALF + timedelta(minutes=1)):
        for each in (sent, unsent, sent):
            price_changes.withdraw(each.customer_id, by="seller")
    sends(HALF + timedelta(minutes=1))
    assert mailed(sent) == [("price_change", "sent"), ("price_change_withdrawn", "sent")]
    assert mailed(unsent) == [("price_change", "dropped"), ("price_change_withdrawn", "dropped")]
    mail = plans.rows(Mail, sent)[-1]
    assert mail.subject == "The price of Team stays as it is"
    assert (
        "from 1 Sep 2027 on. These changes will not happen: your" in mail.body_text
        and "$49.00 a month" in mail.body_text
    )
    assert "These changes will not happen" in mail.body_html
    for each in (sent, unsent):
        assert months.events(each).count("subscription.price_withdrawn") == 1
    announced(sent, date(2027, 8, 16), HALF + timedelta(minutes=2))  # and withdrawn before it was sent
    with clock.at(HALF + timedelta(minutes=2)):
        price_changes.withdraw(sent.customer_id, by="seller")
    sends(HALF + timedelta(minutes=2))
    assert [state for _template, state in mailed(sent)] == ["sent", "sent", "dropped", "dropped"]


def test_whose_new_terms_change_nothing_reads_that_the_others_do_not_come(app: Flask) -> None:
    acme = begins(BEGIN, "team")
    runs(BEGIN)
    plans.applies(DOUBLED)
    announced(acme)
    sends(HALF)
    plans.applies()  # as it was
    with clock.at(HALF + timedelta(minutes=1)):
        assert price_changes.announce(acme.customer_id, 3, ON, by="seller").changes == ()
    sends(HALF + timedelta(minutes=1))
    assert mailed(acme) == [("price_change", "sent"), ("price_change_withdrawn", "sent")]


def test_a_mail_that_is_on_its_way_is_waited_for(app: Flask) -> None:
    acme = begins(BEGIN, "team")
    runs(BEGIN)
    plans.applies(DOUBLED)
    announced(acme)
    with as_service("it is being sent"), transaction() as session:
        mail = session.scalars(select(Mail).where(Mail.template == "price_change")).one()
        mail.tries, mail.next_try_at = 1, HALF + timedelta(minutes=10)
    with clock.at(HALF):
        price_changes.withdraw(acme.customer_id, by="seller")
    sends(HALF + timedelta(minutes=1))
    with as_service("it was sent"), transaction() as session:
        mail = session.scalars(select(Mail).where(Mail.template == "price_change")).one()
        mail.state, mail.sent_at = "sent", HALF
    sends(HALF + timedelta(minutes=16))
    assert mailed(acme) == [("price_change", "sent"), ("price_change_withdrawn", "sent")]


@pytest.mark.parametrize("ended", ["interrupted", "connection_lost", "refused"])
def test_whoever_may_have_been_sent_it_is_sent_that_it_does_not_come(app: Flask, ended: str) -> None:
    acme = begins(BEGIN, "team")
    runs(BEGIN)
    plans.applies(DOUBLED)
    announced(acme)
    with clock.at(HALF), as_service("the server took it, and nobody heard of that"):
        while (mail := sending._claim()) is not None and mail.template != "price_change":
            sending._finish(mail, Delivered())
        assert mail is not None
        if ended != "interrupted":  # by kill -9: then nothing is noted
            sending._finish(mail, NotNow(ended))
    with clock.at(HALF + timedelta(minutes=1)):
        price_changes.withdraw(acme.customer_id, by="seller")
    for minutes in (6, 17, 45):
        sends(HALF + timedelta(minutes=minutes))
    may_have_been = ended != "refused"
    assert mailed(acme) == [
        ("price_change", "dropped"),
        ("price_change_withdrawn", "sent" if may_have_been else "dropped"),
    ]


def test_it_is_refused_without_notice_and_for_versions_that_are_not_there(app: Flask) -> None:
    acme = begins(BEGIN, "team")
    plans.applies(DOUBLED)
    for version, on, reason in (
        (2, HALF.date(), "day_not_to_come"),
        (2, date(2029, 7, 1), "day_too_far"),
        (2, date.max, "day_too_far"),
        (1, ON, "version_not_newer"),
        (3, ON, "version_unknown"),
    ):
        with pytest.raises(Refused) as refused, clock.at(HALF):
            price_changes.announce(acme.customer_id, version, on, by="seller")
        assert refused.value.reason == reason
    first, again = announced(acme), announced(acme)
    assert first.row.id == again.row.id
    assert announced(acme, date(2027, 12, 1)).row.id != first.row.id
    with as_service("look at them"):
        assert sorted(states(acme)) == ["announced", "replaced"]


ON_REQUEST = ('monthly = "49.00"\nannual = "490.00"\n', "on_request = true\n")
BY_YEAR_ALONE = (('monthly = "49.00"\n', ""), ('monthly = "15.00", ', ""))
BY_MONTH_ALONE = (('annual = "490.00"\n', ""), (', annual = "150.00"', ""))


@pytest.mark.parametrize(
    ("interval", "words", "why"),
    [
        ("annual", BY_MONTH_ALONE, "It pays by the year, and Team is not sold so."),
        ("monthly", BY_YEAR_ALONE, "It pays by the month, and Team is not sold so."),
        ("monthly", (ON_REQUEST,), "Team is sold on request in version 2"),
    ],
)
def test_a_version_without_a_price_for_what_is_had_is_not_announced(
    app: Flask, interval: str, words: tuple[tuple[str, str], ...], why: str
) -> None:
    acme = plans.customer()
    alice = plans.manager(acme)
    confirms(alice, target("team", interval=interval), add_method(alice, GOOD).id, at=BEGIN)
    plans.applies(*words)
    with pytest.raises(Refused, match=why) as refused:
        announced(acme)
    assert (refused.value.reason, refused.value.status, states(acme)) == ("interval_not_sold", 422, [])
    newest, whom = price_changes.whom("plans")
    ((_customer, stays),) = price_changes.compared_each(whom, newest)
    assert isinstance(stays, Stays)
    assert stays.why.startswith(why)
    with clock.at(HALF):
        (named,) = price_changes.announce_each(whom, 2, ON, by="seller")
    assert (named, plans.rows(Mail, acme)[-1].template) != (None, "price_change")


def test_who_took_a_year_before_its_version_was_announced_away_keeps_its_price(app: Flask) -> None:
    acme = begins(BEGIN, "team")
    runs(BEGIN)
    plans.applies(*BY_MONTH_ALONE)
    announced(acme, date(2027, 7, 1))
    alice = plans.manager_of(acme)
    confirms(alice, target("team", interval="annual"), add_method(alice, GOOD).id)
    with as_customer(acme.customer_id):
        assert price_changes.of(plans.customer_of(alice)) is None
    runs(at(2028, 6, 1))
    assert prices(acme)[-1] == 49000
    assert (states(acme), plans.subscription(acme)[1], verify()) == (["replaced"], "annual", [])


def test_who_begins_with_a_plan_of_years_alone_pays_a_year(app: Flask) -> None:
    acme = begins(BEGIN, "team", *BY_YEAR_ALONE)
    runs(BEGIN)
    assert (prices(acme), plans.subscription(acme)[1]) == ([49000], "annual")
    assert [each[:3] for each in months.periods(acme)] == [("2027-06-01", "2028-06-01", 49000)]
    assert verify() == []
