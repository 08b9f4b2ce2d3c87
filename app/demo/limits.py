"""What the demo's customers set for themselves: a daily limit, alerts, a webhook; and a day on which the limit held."""

from datetime import date, time, timedelta

from sqlalchemy import select

from app import clock
from app.demo import jobs, usage
from app.demo.stories import OwnLimits, Story
from app.domain.authorizations import AuthorizationRequest
from app.domain.catalog import Catalog
from app.domain.money import Credits
from app.domain.people.members import Actor
from app.domain.rating import UsageReport
from app.domain.spend_management import Limits
from app.domain.usage_alerts import Threshold
from app.models.authorizations import Authorization
from app.models.database import db
from app.models.limits import SpendSettings, UsageAlert
from app.models.scope import as_service
from app.services.alerts import recipients, thresholds
from app.services.authorizations import holds
from app.services.spend_management import limits as own_limits
from app.services.usage import events
from app.services.webhooks import endpoints

SET_DAYS_AGO = 40
"""When the limits were set, before the history ends."""
DESK, RUSH = time(11, 5), time(16, 20)
LEFT_OF_THE_LIMIT = Credits(300_000)
REFUSED_CALLS = 3
STREAM = timedelta(minutes=30)


def set_up(story: Story, buyer: Actor, webhook_url: str) -> None:
    """Let the customer set its limits, alerts and webhook as its pages do, once."""
    if story.own_limits is not None:
        _limit(buyer, story.own_limits, webhook_url)
    for alert in story.alerts:
        wanted = Threshold(alert.meter, alert.threshold, alert.is_percent)
        with as_service("look for the demo's alerts"):
            mine = select(UsageAlert.id).where(UsageAlert.customer_id == buyer.customer_id)
            same = mine.where(UsageAlert.meter == alert.meter, UsageAlert.threshold == alert.threshold)
            has_it = db.session.scalars(same.where(UsageAlert.is_percent.is_(alert.is_percent))).first()
        if has_it is None:
            thresholds.add(buyer.customer_id, wanted, actor=buyer.member_id)
    if story.alerts:
        _address(buyer, buyer.email, confirms=True)
        _address(buyer, f"finance@{story.slug}.example", confirms=False)


def rush(story: Story, buyer: Actor, catalog: Catalog, born: date, day: date) -> None:
    """Let the customer, whose usual use is counted, use nearly all of the limit, be refused more, and use the rest."""
    limits = story.own_limits
    if limits is None or _was_refused(buyer, day):
        return
    meter = catalog.meter(story.habits[0].meter)
    missing = limits.daily_limit - LEFT_OF_THE_LIMIT - usage.cost(story, catalog, born, day, day)
    if meter is None or meter.credits is None or missing.micros <= 0:
        return
    quantity = missing.micros * meter.per // meter.credits.micros
    launch = UsageReport(f"launch-{day}", buyer.customer_id, meter.key, quantity, "", clock.now())
    events.accept([launch])
    jobs.run()
    begin, left = clock.now(), 0
    for number in range(REFUSED_CALLS):
        with clock.at(begin + timedelta(minutes=4 * number + 1)):
            key = f"demo-{day}-{number}"
            asked = AuthorizationRequest(buyer.customer_id, meter.key, 2 * meter.per, key=key)
            left = holds.authorize(asked).available_after_micros
            jobs.run()
    with clock.at(begin + timedelta(minutes=4 * REFUSED_CALLS + 1)):
        rest = AuthorizationRequest(buyer.customer_id, micros=left, key=f"demo-{day}-rest", at_once=True)
        holds.authorize(rest)
        jobs.run()


def stream(story: Story, buyer: Actor) -> None:
    """Leave a hold open, as a connection does that is still up."""
    if story.own_limits is not None:
        holds.authorize(
            AuthorizationRequest(
                customer=buyer.customer_id,
                key=f"demo-stream-{clock.now().isoformat()}",
                meter=story.habits[1].meter,
                quantity=30,
                ttl_seconds=int(STREAM.total_seconds()),
            )
        )


def more_than_usual(story: Story, catalog: Catalog, born: date, day: date) -> Credits:
    """Return what the rush of that day costs beside what the day costs anyway."""
    if story.own_limits is None:
        return Credits(0)
    usual = usage.cost(story, catalog, born, day, day)
    return max(Credits(0), story.own_limits.daily_limit - usual)


def _limit(buyer: Actor, limits: OwnLimits, webhook_url: str) -> None:
    with as_service("look at the demo's limits"):
        chosen = db.session.get(SpendSettings, buyer.customer_id)
    if chosen is None:
        wanted = Limits(True, limits.daily_limit, limits.notify_threshold)
        own_limits.change(buyer.customer_id, wanted, webhook_url=None, by=buyer.member_id)
    if webhook_url:
        endpoints.save(buyer.customer_id, webhook_url, by=buyer.member_id)


def _address(buyer: Actor, email: str, *, confirms: bool) -> None:
    with as_service("look for the demo's addresses"):
        token = recipients.link_token(db.session(), buyer.customer_id, email)
    if token is None:
        thresholds.add_email(buyer.customer_id, email, actor=buyer.member_id)
        with as_service("find the link in the mail"):
            token = recipients.link_token(db.session(), buyer.customer_id, email)
    if confirms and token is not None:
        recipients.confirm(token, "127.0.0.1")


def _was_refused(buyer: Actor, day: date) -> bool:
    with as_service("look for what was refused"):
        mine = select(Authorization.id).where(Authorization.customer_id == buyer.customer_id)
        return db.session.scalars(mine.where(Authorization.key == f"demo-{day}-0")).first() is not None
