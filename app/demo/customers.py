"""The demo: one customer per example catalog, people to sign in as, and a history made through the real services."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

from sqlalchemy import func, select
from tqdm import tqdm

from app import clock
from app.demo import invoices, usage
from app.demo import jobs as demo_jobs
from app.demo.history import JUST_NOW, History
from app.demo.limits import RUSH, SET_DAYS_AGO
from app.demo.stories import PASSWORD, STORIES, Story
from app.domain.catalog import Catalog
from app.domain.people.members import Actor, Role
from app.domain.simulation import DAYS
from app.models.customers import Customer
from app.models.database import db
from app.models.events import AuditEntry
from app.models.ledger import Transfer
from app.models.members import Member, Membership
from app.models.people import Invitation
from app.models.referrals import Referrer
from app.models.scope import as_service
from app.models.usage import UsageDay
from app.services import audit, jobs
from app.services.access import members
from app.services.catalog import logos, versions
from app.services.customers import registration
from app.services.people import invitations
from app.services.transaction import transaction
from app.services.usage import events

EXAMPLES = Path(__file__).resolve().parent.parent.parent / "examples" / "catalogs"
WRITTEN_UNTIL = "demo.told"
ONE, OTHER = "northwind", "marlow"
INVITED = "books@northwind.example"
MOST_ROUNDS = 50
MIDNIGHT_JOBS = time(0, 0, 1)
DAYS_A_MONTH = 365 / 12
REFERRALS = ("referrals_counted", "referrals_given")
DAILY = (*jobs.QUICK, *jobs.MONTHLY, *REFERRALS, "automatic_charges_swept", *jobs.CHARGING, *jobs.OUTWARD, *jobs.ASKING)
"""What is done each day of the history. The look through the processor's books is done once, at its end."""
EARLY = tuple(name for name in DAILY if not name.startswith("notices"))
"""The same before the customers have any limits."""
SEVERAL_TIMES = DAYS + 2
"""From how many days ago hosts report several times a day.

Before that once a day, which is quicker: no page shows the time.
"""
INTO_THE_PERIOD = 22  # how far the open billing period has come when the history ends

Progress = Callable[[list[date]], Iterable[date]]


@dataclass(frozen=True)
class SignIn:
    """Somebody to sign in as."""

    customer: str
    catalog: str
    role: str
    name: str
    email: str
    password: str


def bar(days: list[date]) -> Iterable[date]:
    """Go through the days behind a progress bar on standard error, where that is a terminal."""
    return tqdm(days, desc="Demo history", unit="day", leave=False, disable=None)


def make(*, months: int = 12, progress: Progress = bar, webhook_url: str = "") -> list[SignIn]:
    """Make the demo's customers and their last `months` months up to now, and return whom to sign in as.

    Run again it adds what is missing since: no day is written twice. `webhook_url` is where the host product
    listens for events, if it does.
    """
    now = clock.now()
    start = (now - timedelta(days=round(months * DAYS_A_MONTH) + INTO_THE_PERIOD)).date()
    histories = [_begin(story, _came(story, start, now), now, webhook_url) for story in STORIES]
    first = min(history.next_day for history in histories)
    for day in progress(_days(first, now)):
        with clock.at(min(_moment(day, MIDNIGHT_JOBS), now)):
            # What one job leaves to another that came before it is done on the next day.
            jobs.run_due(names=DAILY if (now.date() - day).days <= SET_DAYS_AGO else EARLY)
        _live([history for history in histories if day >= history.next_day], day, now)
    for history in histories:
        if history.has_lived:
            history.arrive_at_now()
            _note(history)
    _team()
    _everything_due()
    return [sign_in for story in STORIES for sign_in in _sign_ins(story)]


def _came(story: Story, start: date, now: datetime) -> date:
    """Return the day on which the customer came, where it is not there yet."""
    return start if story.came_days_ago is None else max(start, now.date() - timedelta(days=story.came_days_ago))


def _live(histories: list[History], day: date, now: datetime) -> None:
    """Write the day's history for each customer. A day with its last usage is complete."""
    for history in histories:
        history.live(day)
    is_rush = any(history.is_rush(day) for history in histories)
    times = usage.MOMENTS if (now.date() - day).days <= SEVERAL_TIMES else usage.MOMENTS[-1:]
    at = usage.report_times(day, min(_moment(day, RUSH if is_rush else time.max), now - JUST_NOW), times=times)
    reports = [history.reports(day, at) for history in histories]
    for moment, batches in zip(at, zip(*reports, strict=True), strict=False):
        with clock.at(moment):
            events.accept([report for batch in batches for report in batch])
            if (now.date() - day).days <= SET_DAYS_AGO:
                demo_jobs.run()
    for history in histories:
        history.end(day)


def _begin(story: Story, start: date, now: datetime, webhook_url: str) -> History:
    """Find the story's customer, or make it on the first day; find out up to which day its history is written."""
    with as_service("find the demo's customer"):
        customer = db.session.scalars(
            select(Customer).where(Customer.external_id == f"demo-{story.slug}")
        ).one_or_none()
    if customer is None:
        with clock.at(min(_moment(start, time(8, 0)), now - JUST_NOW)):
            text = (EXAMPLES / f"{story.catalog}.toml").read_text()
            versions.apply(logos.drawn_in(text, EXAMPLES))
            customer = registration.create(
                name=story.name,
                email=f"billing@{story.slug}.example",
                catalog=story.catalog,
                external_id=f"demo-{story.slug}",
                plan=story.plan,
                referral_code=_code_of(story.invited_by) if story.invited_by else "",
            )
    born = customer.created_at.date()
    with clock.at(customer.created_at):
        buyer = _people(story, customer)
        invoices.set_up(story, buyer)
    catalog = versions.offered(story.catalog)
    return History(story, catalog, buyer, born, _next_day(story, catalog, customer, born), now, webhook_url)


def _code_of(slug: str) -> str:
    """Return the referral code of a customer of the demo."""
    with as_service("find a referral code"):
        wanted = select(Referrer.code).join(Customer, Customer.customer_id == Referrer.customer_id)
        return db.session.scalars(wanted.where(Customer.external_id == f"demo-{slug}")).one()


def _next_day(story: Story, catalog: Catalog, customer: Customer, born: date) -> date:
    """Return the first day that is not complete: after the last with usage, and after what earlier runs noted."""
    with as_service("see how far the demo's history goes"):
        reported = db.session.scalar(select(func.max(UsageDay.day)).where(UsageDay.customer_id == customer.customer_id))
        half = reported is not None and usage.is_half_written(story, catalog, customer.customer_id, reported, born)
        posted = db.session.scalar(
            select(func.max(Transfer.booked_at)).where(
                Transfer.customer_id == customer.customer_id, Transfer.source_type == "usage"
            )
        )
        noted = db.session.scalar(
            select(func.max(AuditEntry.subject)).where(
                AuditEntry.customer_id == customer.customer_id, AuditEntry.action == WRITTEN_UNTIL
            )
        )
    written = [reported - timedelta(days=half)] if reported else []
    written += [posted.date()] if posted else []
    written += [date.fromisoformat(noted)] if noted else []
    return max(written) + timedelta(days=1) if written else born


def _note(history: History) -> None:
    """Note up to which day the customer's history is written."""
    with as_service("note how far the demo's history goes"), transaction() as session:
        last = history.next_day - timedelta(days=1)
        audit.record(session, history.buyer.customer_id, "seller", WRITTEN_UNTIL, last.isoformat())


def _people(story: Story, customer: Customer) -> Actor:
    """Make the members that are not there yet, and return the one who buys."""
    buyer: Actor | None = None
    for name, email, role in story.members():
        with as_service("find the demo's members"):
            member = db.session.scalars(select(Member).where(Member.email == email)).one_or_none()
        if member is None:
            member = members.create_member(email, name, PASSWORD, customer.customer_id, role)
        if role is Role.BILLING_MANAGER:
            buyer = Actor(member.id, customer.customer_id, role, name, email, customer.name)
    if buyer is None:
        raise LookupError(f"nobody of {story.name} may buy")
    return buyer


def _team() -> None:
    """Let the first customer's billing manager look at the second one, too, and its owner invite somebody; once."""
    people = {role: (name, email) for story in STORIES if story.slug == ONE for name, email, role in story.members()}
    with as_service("find who acts for whom in the demo"):
        first, second = (_customer_of(each) for each in (ONE, OTHER))
        if first is None or second is None:
            return
        owner, manager = (_member(people[role][1]) for role in (Role.OWNER, Role.BILLING_MANAGER))
        is_there = db.session.get(Membership, (manager.id, second.customer_id)) is not None
        is_invited = db.session.get(Invitation, (first.customer_id, INVITED)) is not None
    if not is_there:
        with as_service("let a member act for two customers"), transaction() as session:
            whose = {"member_id": manager.id, "customer_id": second.customer_id}
            session.add(Membership(**whose, role=Role.VIEWER.value, created_at=clock.now()))
            said = {"role": Role.VIEWER.value, "name": manager.name}
            audit.record(session, second.customer_id, manager.id, "member.joined", manager.id, after=said)
    if not is_invited:
        acts = Actor(owner.id, first.customer_id, Role.OWNER, owner.name, owner.email, first.name)
        invitations.invite(acts, INVITED, Role.VIEWER)


def _customer_of(slug: str) -> Customer | None:
    return db.session.scalars(select(Customer).where(Customer.external_id == f"demo-{slug}")).one_or_none()


def _member(email: str) -> Member:
    return db.session.scalars(select(Member).where(Member.email == email)).one()


def _everything_due() -> None:
    """Do what is due until nothing is."""
    for _ in range(MOST_ROUNDS):
        if not any(jobs.run_due().values()):
            return


def _days(first: date, now: datetime) -> list[date]:
    """Return the days from `first` to today; today only once it is an hour old."""
    last = (now - timedelta(hours=1)).date()
    return [first + timedelta(days=number) for number in range((last - first).days + 1)]


def _moment(day: date, at: time) -> datetime:
    return datetime.combine(day, at, UTC)


def _sign_ins(story: Story) -> list[SignIn]:
    return [
        SignIn(story.name, story.catalog, role.value, name, email, PASSWORD) for name, email, role in story.members()
    ]


def table(sign_ins: list[SignIn]) -> str:
    """Write the sign-ins as a table for a terminal."""
    rows = [("Customer", "Catalog", "Role", "E-mail", "Password")]
    rows += [(each.customer, each.catalog, each.role, each.email, each.password) for each in sign_ins]
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = ["  ".join(word.ljust(width) for word, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    return "\n".join([lines[0], "  ".join("-" * width for width in widths), *lines[1:]])
