"""The proofs of `verify` about subscriptions: each customer has one, as the last order that was given says."""

from collections.abc import Iterator

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain.subscriptions.choice import Interval
from app.domain.subscriptions.proration import plan_period
from app.models.customers import BillingPeriod
from app.models.subscriptions import Subscription
from app.services.verification.ledger_proofs import Found, Look, Proof

_OPEN = "('created','pi_created','confirming','requires_action','processing')"
_LATER = """select 1 from plan_changes y where y.customer_id = x.customer_id and y.state = 'applied'
    and (y.ended_at > x.ended_at or (y.ended_at = x.ended_at and y.id > x.id))"""
_MOVED = """select 1 from audit_entries a where a.customer_id = x.customer_id and a.at >= x.ended_at
    and a.action in ('customer.moved','customer.changed') and a.after like '%"plan"%'"""

SUBSCRIPTION_PROOFS = (
    Proof(
        "subscriptions",
        "a customer has no subscription",
        """
        select c.customer_id, c.customer_id as row_id from customers c
        left join subscriptions s on s.customer_id = c.customer_id where s.customer_id is null""",
    ),
    Proof(
        "subscriptions",
        "a customer has another plan or interval than the last order that was given",
        f"""
        select x.customer_id, x.id as row_id from plan_changes x
        join customers c on c.customer_id = x.customer_id
        join subscriptions s on s.customer_id = x.customer_id
        where x.state = 'applied' and not exists ({_LATER}) and (s.interval <> x.interval
          or (c.plan <> x.plan and not (c.plan = '' and x.plan = x.from_plan) and not exists ({_MOVED})))""",  # noqa: S608  # put together from constants, like all below
    ),
    Proof(
        "I8",
        "a change of plan was given without its payment, or waits for none",
        f"""
        select x.customer_id, x.id as row_id from plan_changes x
        left join payments p on p.customer_id = x.customer_id and p.id = x.payment_id
        where (x.payment_id is not null and (p.id is null or p.purpose <> 'plan_change' or p.currency <> x.currency
            or (x.state in ('applied','undone') and p.received_minor <> p.amount_minor)
            or (x.state = 'waiting' and p.state not in {_OPEN})
            or (x.state in ('failed','superseded') and p.received_minor > 0 and p.problem <> 'not_applied')))
          or (x.payment_id is null and x.state in ('waiting','failed','superseded'))
        union all select p.customer_id, p.id from payments p where p.purpose = 'plan_change' and not exists (
          select 1 from plan_changes x where x.customer_id = p.customer_id and x.payment_id = p.id)""",  # noqa: S608
    ),
    Proof(
        "I9",
        "a change of plan that costs something has not its own invoice, or money for one that was not made stays here",
        """
        select x.customer_id, x.id as row_id from plan_changes x
        left join documents d on d.customer_id = x.customer_id and d.id = x.document_id and d.kind = 'invoice'
        where (x.state in ('applied','undone') and x.total_minor > 0 and (d.id is null or d.number is null
            or d.total_minor <> x.total_minor or d.net_minor <> x.net_minor
            or coalesce(d.payment_id, '') <> coalesce(x.payment_id, '')))
          or (x.state not in ('applied','undone') and x.document_id is not null)
        union all select p.customer_id, p.id from payments p
        left join (select customer_id, payment_id, sum(amount_minor) minor from refunds
            group by customer_id, payment_id) r
          on r.customer_id = p.customer_id and r.payment_id = p.id
        where p.problem = 'not_applied' and coalesce(r.minor, 0) < p.received_minor - p.disputed_minor""",
    ),
)


def _in_other_periods(session: Session, only: str | None) -> Iterator[Found]:
    """Find plan periods that do not begin with a billing period, or are not as long as their interval."""
    first = select(BillingPeriod.customer_id, BillingPeriod.starts_at, BillingPeriod.anchor_day)
    begun = first.subquery()
    wanted = select(
        Subscription.customer_id,
        Subscription.id,
        Subscription.interval,
        Subscription.period_starts_at,
        Subscription.period_ends_at,
        begun.c.anchor_day,
    ).outerjoin(
        begun,
        (begun.c.customer_id == Subscription.customer_id) & (begun.c.starts_at == Subscription.period_starts_at),
    )
    if only is not None:
        wanted = wanted.where(Subscription.customer_id == only)
    for row in session.execute(wanted.execution_options(yield_per=1_000)):
        fits = row.anchor_day is not None and (
            plan_period(row.period_starts_at, row.anchor_day, Interval(row.interval)).ends_at == row.period_ends_at
        )
        if not fits:
            yield row.customer_id, row.id


_WHY = "a plan period does not begin with a billing period, or is not its interval long"
SUBSCRIPTION_LOOKS = (Look("subscriptions", _WHY, _in_other_periods),)
"""Proved in Python, because only the rule knows the days of a month."""
