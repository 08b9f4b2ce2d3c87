"""The demo's moments: what its pages show happened when the documents say it does."""

from collections import Counter
from collections.abc import Iterator
from datetime import date, time, timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select

from app import clock
from app.demo import customers as demo_customers
from app.demo import usage
from app.demo.stories import STORIES
from app.domain.money import Credits
from app.domain.spend_management import Limits
from app.models.authorizations import Authorization
from app.models.customers import Customer
from app.models.database import db
from app.models.ledger import Grant
from app.models.limits import Notice
from app.models.scope import as_customer, as_service
from app.models.usage import UsageEvent
from app.models.webhooks import WebhookAttempt
from app.services.catalog import versions
from app.services.spend_management import simulation
from app.services.usage import events
from app.services.verification import verify
from tests.demo.conftest import NOW

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


def test_a_refused_call_is_notified_at_once_and_its_webhook_again_after_five_seconds(
    two_months: None, app: Flask
) -> None:
    with as_service("look at the busy day"):
        refused = db.session.scalar(
            select(func.min(Authorization.created_at)).where(Authorization.reason == "daily_limit")
        )
        mailed = db.session.scalars(select(Notice.done_at).where(Notice.rule == "call_refused")).one()
        notified = db.session.scalars(select(Notice.done_at).where(Notice.rule == "daily_limit")).one()
        lifted = db.session.scalars(select(Notice.done_at).where(Notice.rule == "daily_limit_reset")).one()
        tries = db.session.execute(
            select(WebhookAttempt.at, WebhookAttempt.status).where(
                WebhookAttempt.delivery_id.in_(select(WebhookAttempt.delivery_id).where(WebhookAttempt.number == 2))
            )
        ).all()
    assert refused is not None and notified is not None and lifted is not None
    assert mailed == refused
    assert notified > refused, "the limit is reached when the rest of it is used"
    assert lifted.time() == time(0, 0, 1), "the limit's day ends at midnight"
    (first, second) = sorted(tuple(each) for each in tries)
    assert (first[1], second[1]) == (503, 204)
    assert first[0] == notified
    assert timedelta(seconds=5) <= second[0] - first[0] <= timedelta(seconds=6)


def test_usage_comes_in_several_times_a_day_so_that_limits_would_refuse_at_different_hours(
    two_months: None, app: Flask
) -> None:
    with as_service("find the customer with limits"):
        customer = db.session.scalars(select(Customer).where(Customer.external_id == "demo-northwind")).one()
        times = db.session.execute(
            select(UsageEvent.day, UsageEvent.received_at).where(UsageEvent.customer_id == customer.customer_id)
        ).all()
        before = db.session.scalars(select(UsageEvent.id).where(UsageEvent.occurred_at > UsageEvent.received_at)).all()
    moments = {(day, at.replace(second=0, microsecond=0)) for day, at in times}
    counts = Counter(day for day, _at in moments if day < NOW.date())
    assert set(counts.values()) == {4}, "on the day of the rush three, and the rest of the limit"
    assert before == [], "nothing is reported before it happened"
    limits = Limits(True, Credits(5_000_000), None)
    with clock.at(NOW), as_customer(customer.customer_id):
        found = simulation.of(customer.customer_id, limits, customer.created_at.date(), limits)
    hours = {each.refused_from.hour for each in found.stopped if each.refused_from is not None}
    assert len(hours) >= 2
    assert all(8 < hour < 22 for hour in hours)


def test_a_day_that_was_cut_short_between_two_reports_is_finished(app: Flask) -> None:
    class Cut(Exception):
        pass

    left: list[date] = []

    def until_the_tenth_day(days: list[date]) -> Iterator[date]:
        left.extend(days[10:])
        yield from days[:10]
        raise Cut

    with clock.at(NOW), pytest.raises(Cut):
        demo_customers.make(months=1, progress=until_the_tenth_day)  # type: ignore[arg-type]
    at = usage.report_times(left[0], NOW)
    whole = {}
    with as_service("find the customers"):
        customers = {each.external_id: each for each in db.session.scalars(select(Customer))}
    for story in STORIES:
        customer = customers[f"demo-{story.slug}"]
        catalog, born = versions.offered(story.catalog), customer.created_at.date()
        batches = usage.reports(story, catalog, customer.customer_id, left[0], born, at)
        whole[customer.customer_id] = {each.id for batch in batches for each in batch}
        with clock.at(at[0]):
            assert events.accept(batches[0]).rejected == ()

    def two_more_days(days: list[date]) -> Iterator[date]:
        assert days[0] == left[0]
        yield from days[:2]
        raise Cut

    with clock.at(NOW), pytest.raises(Cut):
        demo_customers.make(months=1, progress=two_more_days)  # type: ignore[arg-type]
    with as_service("look at the day"):
        notified = db.session.execute(
            select(UsageEvent.customer_id, UsageEvent.id).where(UsageEvent.day == left[0])
        ).all()
        twice = db.session.execute(
            select(Grant.customer_id, Grant.reason)
            .where(Grant.reason != "")
            .group_by(Grant.customer_id, Grant.reason)
            .having(func.count() > 1)
        ).all()
    assert twice == []
    assert sorted(tuple(each) for each in notified) == sorted(
        (who, name) for who, names in whole.items() for name in names
    )
    assert verify.verify(None) == []
