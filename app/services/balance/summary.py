"""The current numbers, for the customer in scope: one function for pages, the API and every rule (I21)."""

from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import BindParameter, ColumnElement, ScalarSelect, Select, and_, bindparam, func, literal, or_, select
from sqlalchemy.orm import InstrumentedAttribute

from app import clock
from app.domain import grants as grant_rule
from app.domain import numbers as rule
from app.domain.catalog import Catalog
from app.domain.errors import NotFound, ensure
from app.domain.ledger import CREDITS
from app.domain.numbers import Numbers
from app.domain.periods import open_at
from app.models import scope
from app.models.authorizations import Authorization
from app.models.catalogs import CatalogVersion
from app.models.customers import BillingPeriod, Customer
from app.models.database import constant, db
from app.models.ledger import Account, BalanceDay, Grant, Transfer
from app.models.limits import SpendSettings
from app.models.unit_of_work import figures
from app.models.usage import Spending
from app.services.catalog import versions
from app.services.ledger import reservations, spending
from app.services.ledger.burn_down import view
from app.services.ledger.kept_credit import open_holds


def numbers() -> Numbers:
    """Return the current numbers: what is due but not posted yet is counted as if the job had just run.

    Two statements; a third where a grant has begun or expired that no job has seen, a fourth where credit is held too;
    and four where a hold has ended.
    """
    now, customer_id = clock.now(), whose()
    start, catalog = _terms(now)
    at = {"customer_id": customer_id, "now": now, "start": start, "first_day": start.date(), "today": now.date()}
    found = figures.read(_figures(), at).one_or_none()
    if found is None:
        raise NotFound("customer")
    standing, unit, overage, posted, usage_to_post, held, enabled, limit = found[:8]
    granted, due, used, corrected, today, over_by_now, invoiced, exposure = found[8:]
    if over_by_now:  # what no authorization counts any more, seen by the job or not
        held = reservations.held(db.session(), customer_id, now).micros
    waiting, lapsed = _not_seen(customer_id, posted, usage_to_post, held, overage, now) if due else (0, 0)
    return rule.compute(
        granted=int(granted),
        usage=int(used),
        corrected=int(corrected),
        balance=posted + waiting,
        overage_limit=overage,
        standing=standing,
        credit_unit=unit,
        usage_to_post=usage_to_post,
        held=held,
        daily_limit=spending.daily_limit(None if enabled is None else (enabled, limit), catalog),
        used_today=int(today),
        held_today=held,
        lapsed=lapsed,
        invoiced_overage=invoiced,
        exposure=exposure,
    )


@cache
def _figures() -> Select[*tuple[Any, ...]]:
    """Ask for the figures of `numbers`. Made once: making so large a statement takes longer than answering it."""
    customer_id: BindParameter[str] = bindparam("customer_id")
    now: BindParameter[datetime] = bindparam("now")
    begun = and_(Grant.customer_id == customer_id, Grant.voided_at.is_(None), Grant.effective_at <= now)
    due_now = and_(Grant.customer_id == customer_id, Grant.is_due(now))
    ended = and_(
        Authorization.customer_id == customer_id,
        Authorization.state == constant("held"),
        Authorization.expires_at <= now,
    )
    of_day = BalanceDay.customer_id == customer_id
    return (
        select(
            Customer.standing,
            Customer.credit_unit,
            Customer.overage_protection_micros,
            Account.balance,
            Spending.unposted_micros,
            Spending.held_micros,
            SpendSettings.enabled,
            SpendSettings.daily_limit_micros,
            _total(Grant.micros, begun),
            select(func.count()).select_from(Grant).where(due_now).scalar_subquery(),
            _total(BalanceDay.used_micros, and_(of_day, BalanceDay.day >= bindparam("first_day"))),
            _total(
                Transfer.amount,
                and_(
                    Transfer.customer_id == customer_id,
                    Transfer.kind == constant("correction"),
                    Transfer.sequence.is_not(None),
                    Transfer.booked_at >= bindparam("start"),
                ),
            ),
            _total(BalanceDay.used_micros, and_(of_day, BalanceDay.day == bindparam("today"))),
            select(func.count()).select_from(Authorization).where(ended).scalar_subquery(),
            Customer.invoiced_overage_micros,
            Customer.exposure_micros,
        )
        .select_from(Customer)
        .join(
            Account,
            (Account.customer_id == Customer.customer_id)
            & (Account.name == constant(CREDITS))
            & (Account.unit == literal("credits:") + Customer.credit_unit),
        )
        .join(Spending, Spending.customer_id == Customer.customer_id)
        .outerjoin(SpendSettings, SpendSettings.customer_id == Customer.customer_id)
        .where(Customer.customer_id == customer_id)
    )


def _not_seen(
    customer_id: str, posted: int, usage_to_post: int, held: int, overage: int, now: datetime
) -> tuple[int, int]:
    """Return what grants hold that have begun unseen by any job, and what is left of grants that are over likewise."""
    found = db.session.scalars(
        select(Grant)
        .where(Grant.customer_id == customer_id, or_(Grant.remaining_micros > 0, Grant.is_to_begin(now)))
        .execution_options(populate_existing=True)
    ).all()
    waiting = [view(grant) for grant in found if grant.posted_at is None]
    live = [view(grant) for grant in found if grant.posted_at is not None]
    begun = grant_rule.begun(waiting, posted - usage_to_post)
    holds = open_holds(db.session(), customer_id, now) if held else []
    to_begin = sum(each.remaining for each in waiting)
    spare = max(0, posted - usage_to_post + to_begin + overage - held)
    lapsed = grant_rule.lapsed(live, usage_to_post, now, begun=begun, holds=holds, held=held, spare=spare)
    return to_begin, lapsed


def period_start(now: datetime) -> datetime:
    """Return when the billing period of the customer in scope began that is open at `now`, rolled or not."""
    return _terms(now)[0]


def _terms(now: datetime) -> tuple[datetime, Catalog]:
    """Return when the open period began, and the version of the catalog that the customer keeps: one statement."""
    row = figures.read(_keeps(), {"customer_id": whose()}).one_or_none()
    if row is None:
        raise NotFound("customer")
    start, end, anchor, name, version, digest = row
    return open_at(start, end, anchor, now)[0] if start else now, versions.remembered(name, version, digest)


@cache
def _keeps() -> Select[datetime, datetime, int, str, int, str]:
    """Ask for the open period, and for the version of the catalog that the customer keeps."""
    return (
        select(
            BillingPeriod.starts_at,
            BillingPeriod.ends_at,
            BillingPeriod.anchor_day,
            CatalogVersion.catalog,
            CatalogVersion.version,
            CatalogVersion.digest,
        )
        .select_from(Customer)
        .join(
            CatalogVersion,
            and_(CatalogVersion.catalog == Customer.catalog, CatalogVersion.version == Customer.catalog_version),
        )
        .outerjoin(
            BillingPeriod,
            and_(BillingPeriod.customer_id == Customer.customer_id, BillingPeriod.closed_at.is_(None)),
        )
        .where(Customer.customer_id == bindparam("customer_id"))
    )


def whose() -> str:
    """Return the id of the customer in scope."""
    current = scope.current()
    ensure(isinstance(current, scope.CustomerScope), "a balance is read for one customer")
    return str(getattr(current, "customer_id", ""))


def _total(column: ColumnElement[int] | InstrumentedAttribute[int], where: ColumnElement[bool]) -> ScalarSelect[int]:
    return select(func.coalesce(func.sum(column), 0)).where(where).scalar_subquery()
