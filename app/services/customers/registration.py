"""Customers: created with their accounts and first billing period."""

from datetime import datetime, timedelta

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app import clock, ids, mailboxes
from app.domain.catalog import Catalog, Trial
from app.domain.errors import Refused
from app.domain.sold_terms import Terms
from app.domain.subscriptions.choice import Interval, given, is_sold
from app.domain.subscriptions.proration import plan_period
from app.models.customers import BillingPeriod, Customer
from app.models.scope import as_service
from app.models.subscriptions import Subscription
from app.services import audit
from app.services.catalog import versions
from app.services.customers import billing_periods, external_ids, referrers
from app.services.ledger import grants, posting, spending
from app.services.transaction import transaction

_UNPRINTABLE = "has a line break or another character that cannot be seen. Type it again without."


def create(
    *,
    name: str,
    email: str,
    catalog: str,
    external_id: str | None = None,
    created_at: datetime | None = None,
    trial: bool = False,
    plan: str = "",
    referral_code: str = "",
    actor: str = "seller",
) -> Customer:
    """Create a customer who buys from the catalog, with accounts and an open billing period, or refuse.

    With `trial` the catalog's trial credit is given at once, where it has one. With a `referral_code` whoever has
    it is the customer's inviter.
    """
    named, address = name.strip(), mailboxes.normal(email)
    if not 1 <= len(named) <= 200:
        raise Refused("Enter a name of at most 200 characters.", "name_malformed", 422, "name")
    if not named.isprintable():
        raise Refused(f"The name {_UNPRINTABLE}", "name_unprintable", 422, "name")
    if external_id is not None:
        external_ids.check(external_id)
    now = created_at or clock.now()
    with as_service("create a customer"):
        sold = versions.offered(catalog)
        if plan and sold.plans.plan(plan) is None:
            raise Refused("The catalog has no such plan.", "plan_unknown", 422, "plan")
        customer = Customer(
            customer_id=ids.new("cus"),
            external_id=external_id,
            name=named,
            email=address,
            catalog=sold.name,
            catalog_version=sold.version,
            plan=plan,
            currency=sold.currency,
            credit_unit=sold.credit_unit,
            overage_protection_micros=sold.overage_protection.micros,
            created_at=now,
        )
        try:
            with transaction() as session:
                session.add(customer)
                session.flush()
                spending.begin(session, customer)
                posting.open_accounts(session, customer)
                by_calendar = sold.plans.periods == "calendar_month"
                period = billing_periods.open_first(session, customer, now, by_calendar=by_calendar)
                _subscribe(session, sold, plan, period)
                made = customer.customer_id
                terms = {"catalog": catalog, "plan": plan, "catalog_version": sold.version}
                audit.record(session, made, actor, "customer.created", made, after=terms)
                if sold.referrals.offered:
                    referrers.begin(session, customer, now, actor)
                if referral_code:
                    referrers.join(session, customer, referral_code, now, actor)
                if trial and sold.trial is not None:
                    _give_trial(session, made, sold.trial, now)
        except IntegrityError:
            raise Refused("There is a customer with this external id already.", "external_id_taken", 409) from None
    return customer


def _subscribe(session: Session, sold: Catalog, plan: str, period: BillingPeriod) -> None:
    """Begin the subscription: with the included seats, by the month, or by the year where the plan is sold so alone.

    The first period of what costs is not billed.
    """
    had = Terms.of(sold, plan).plan
    by_year = not (had.on_request or is_sold(had, Interval.MONTHLY))
    interval = Interval.ANNUAL if by_year else Interval.MONTHLY
    costs = given(sold, plan, interval, None).price.amount_minor
    span = plan_period(period.starts_at, period.anchor_day, interval)
    session.add(
        Subscription(
            customer_id=period.customer_id,
            id=ids.new("sub"),
            interval=interval.value,
            period_number=1,
            period_starts_at=period.starts_at,
            period_ends_at=span.ends_at if by_year else period.ends_at,
            billed_until=period.starts_at if costs else period.ends_at,
            run_number=0 if costs else period.number,
            run_at=period.starts_at if costs else period.ends_at,
            version=1,
        )
    )


def _give_trial(session: Session, customer_id: str, trial: Trial, now: datetime) -> None:
    lasts = trial.expires_after_days
    grants.add(
        posting.lock(session, customer_id),
        kind="trial",
        credits=trial.credits,
        now=now,
        granted_by="seller",
        reason=trial.description,
        description=trial.description,
        expires_at=now + timedelta(days=lasts) if lasts else None,
    )
