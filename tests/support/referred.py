"""Referrals in tests: an inviter, whom it has invited, and what is known of both afterwards."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from itertools import count

from sqlalchemy import select

from app import clock
from app.domain.people.members import Actor, Role
from app.models.customers import Customer
from app.models.database import db
from app.models.ledger import Grant
from app.models.referrals import Referral, ReferralEarning, Referrer
from app.models.scope import as_service
from app.services.customers import registration
from app.services.referrals import counting, giving
from tests.support import cast, periods
from tests.support.cast import Part
from tests.support.periods import BEGIN

OFFERED = '\n[referrals]\noffered = true\nsign_up_url = "https://small.example/join?plan=free"\n'
MONTHS = 4
"""So many months may be due in a test."""
_numbers = count(1)


def inviter(taxed: str = "at_purchase", more: str = OFFERED) -> Customer:
    """Create a customer of a seller that offers referrals and taxes its sales with 25 %."""
    return periods.customer(taxed, more=more)


def code_of(customer: Customer) -> str:
    """Return the customer's code."""
    with as_service("look at a code"):
        return db.session.get_one(Referrer, customer.customer_id, populate_existing=True).code


def invited(by: Customer, name: str = "Globex", at: datetime = BEGIN, email: str = "") -> Customer:
    """Create a customer who came with the other's code."""
    with clock.at(at):
        return registration.create(
            name=name,
            email=email or f"billing@{name.lower()}.example",
            catalog="small",
            external_id=f"{name.lower()}-{next(_numbers)}",
            created_at=at,
            referral_code=code_of(by),
        )


def manager(of: Customer, name: str) -> Actor:
    """Return a member who may buy for the customer."""
    number = next(_numbers)
    return cast.make_actor(Part(name, f"{name.lower()}-{number}@people.example", Role.OWNER), of)


@contextmanager
def on(at: datetime) -> Iterator[None]:
    """Let it be that moment."""
    with clock.at(at):
        yield


def counts(at: datetime) -> int:
    """Let the job count."""
    with clock.at(at):
        return counting.count_due()


def gives(at: datetime) -> int:
    """Let the job give, month by month until nothing is due; return for how many."""
    with clock.at(at):
        return sum(giving.give_due() for _look in range(MONTHS))


def rows(of: Customer) -> list[tuple[int, int]]:
    """Return what each invoice counts for now, and the most that it did, the first first."""
    with as_service("look at earnings"):
        found = db.session.scalars(
            select(ReferralEarning)
            .where(ReferralEarning.customer_id == of.customer_id)
            .order_by(ReferralEarning.earned_at, ReferralEarning.document_id)
            .execution_options(populate_existing=True)
        )
        return [(row.net_minor, row.most_minor) for row in found]


def referral(of: Customer) -> Referral:
    """Return the referral of an invited customer."""
    with as_service("look at a referral"):
        return db.session.scalars(
            select(Referral).where(Referral.invited_id == of.customer_id).execution_options(populate_existing=True)
        ).one()


def granted(to: Customer) -> list[tuple[int, str]]:
    """Return the referral credit that the customer was given, the first first."""
    with as_service("look at grants"):
        found = db.session.scalars(
            select(Grant)
            .where(Grant.customer_id == to.customer_id, Grant.kind == "referral")
            .order_by(Grant.created_at, Grant.id)
        )
        return [(row.micros, row.reason) for row in found]
