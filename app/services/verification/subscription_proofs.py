"""The proofs of `verify` about subscriptions: each customer has one, as the last order that was given says."""

from collections.abc import Iterator

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain.money import Money, credits_from_money
from app.domain.subscriptions.choice import Interval
from app.domain.subscriptions.proration import plan_period
from app.models.customers import BillingPeriod
from app.models.ledger import Grant
from app.models.subscriptions import PlanChange, Subscription
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
            or (x.state in ('failed','expired','superseded') and p.received_minor > 0 and p.problem <> 'not_applied')))
          or (x.payment_id is null and x.state in ('waiting','failed','expired','superseded'))
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
          or (x.state not in ('applied','undone') and (x.document_id is not null or x.grant_id is not null))
        union all select p.customer_id, p.id from payments p
        left join (select customer_id, payment_id, sum(amount_minor) minor from refunds
            group by customer_id, payment_id) r
          on r.customer_id = p.customer_id and r.payment_id = p.id
        where p.problem = 'not_applied' and coalesce(r.minor, 0) < p.received_minor - p.disputed_minor""",
    ),
    Proof(
        "I11",
        "what a change of plan gave back is not on credit notes of its amount, or has no credit of its own",
        """
        select x.customer_id, x.id as row_id from plan_changes x
        left join grants g on g.customer_id = x.customer_id and g.id = x.grant_id
        left join (select customer_id, substr(source_id, 1, 30) change, sum(total_minor) total, sum(tax_minor) tax,
            sum(payable_minor) payable
          from documents where source_type = 'plan_change' and kind = 'credit_note' and state = 'issued'
          group by customer_id, substr(source_id, 1, 30)) n on n.customer_id = x.customer_id and n.change = x.id
        where (x.grant_id is not null and (coalesce(g.kind, '') <> 'proration' or x.total_minor >= 0
            or (x.document_id is null and (x.tax_minor <> 0 or n.total is not null))
            or (x.document_id is not null
              and (coalesce(n.total, 0) <> -x.total_minor or n.tax <> -x.tax_minor or n.payable <> 0))))
          or (x.grant_id is null and n.total is not null)
        union all select g.customer_id, g.id from grants g where g.kind = 'proration' and not exists (
          select 1 from plan_changes x where x.customer_id = g.customer_id and x.grant_id = g.id)""",
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


def _given_otherwise(session: Session, only: str | None) -> Iterator[Found]:
    """Find credit that is not the money that a change of plan gave back."""
    wanted = select(PlanChange, Grant.micros).join(
        Grant, (Grant.customer_id == PlanChange.customer_id) & (Grant.id == PlanChange.grant_id)
    )
    if only is not None:
        wanted = wanted.where(PlanChange.customer_id == only)
    for order, micros in session.execute(wanted.execution_options(yield_per=1_000)):
        if credits_from_money(Money(-order.total_minor, order.currency)).micros != micros:
            yield order.customer_id, order.id


_WHY = "a plan period does not begin with a billing period, or is not its interval long"
SUBSCRIPTION_LOOKS = (
    Look("subscriptions", _WHY, _in_other_periods),
    Look("I11", "a change of plan has given other credit than it gave back", _given_otherwise),
)
"""Proved in Python, because only the rules know the days of a month, and what credit an amount of money is."""
