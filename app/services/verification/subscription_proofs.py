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
    and a.action in ('customer.moved','customer.changed','subscription.ended') and a.after like '%"plan"%'"""
_ENDED = """select 1 from audit_entries a where a.customer_id = x.customer_id and a.at >= x.ended_at
    and a.action = 'subscription.ended'"""

_RUNS = """(select customer_id, count(*) many, min(number) first_one, max(number) last from period_runs
    group by customer_id)"""
_FEES = """(select d.customer_id, d.id document_id, d.source_type, sum(l.net_minor) minor, min(l.begins_on) begins_on
    from documents d join document_lines l on l.customer_id = d.customer_id and l.document_id = d.id
    where l.kind in ('base_fee','seats') and d.kind = 'invoice' and d.number is not null
    group by d.customer_id, d.id, d.source_type)"""

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
        where x.state = 'applied' and not exists ({_LATER}) and (
          (s.interval <> x.interval and not (s.interval = 'monthly' and exists ({_ENDED})))
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
          select 1 from plan_changes x where x.customer_id = g.customer_id and x.grant_id = g.id)
          and not exists (select 1 from documents n where n.customer_id = g.customer_id and n.id = g.request_key
            and n.source_type = 'seller' and n.credits_applied_minor = n.total_minor)
        union all select n.customer_id, n.id from documents n where n.kind = 'credit_note' and n.source_type = 'seller'
          and n.credits_applied_minor > 0 and not exists (
            select 1 from grants g where g.customer_id = n.customer_id and g.request_key = n.id)""",
    ),
    Proof(
        "I18",
        "the end of a billing period was passed over by the monthly run, or the next one is not where it ends",
        f"""
        select s.customer_id, s.id as row_id from subscriptions s
        left join billing_periods p on p.customer_id = s.customer_id
          and p.number = case s.run_number when 0 then 1 else s.run_number end
        left join {_RUNS} r on r.customer_id = s.customer_id
        where p.number is null or s.run_at <> case s.run_number when 0 then p.starts_at else p.ends_at end
          or (r.many is not null and (r.last <> s.run_number - 1 or r.last - r.first_one + 1 <> r.many))""",  # noqa: S608
    ),
    Proof(
        "I4",
        "a plan period was billed twice, or its invoice does not list it, or one lists a plan that was not begun",
        f"""
        select a.customer_id, 'plan period ' || cast(b.number as text) as row_id from plan_periods a
        join plan_periods b on b.customer_id = a.customer_id and b.number > a.number and b.starts_at < a.ends_at
        where a.outcome = 'billed' and b.outcome = 'billed' and not exists (select 1 from plan_changes x
          where x.customer_id = a.customer_id and x.state = 'applied' and x.ended_at >= a.starts_at
            and x.period_starts_at < b.starts_at)
        union all select a.customer_id, 'plan period ' || cast(a.number as text) from plan_periods a
        left join {_FEES} f on f.customer_id = a.customer_id and f.document_id = a.document_id
        where a.outcome = 'billed' and (f.minor is null or f.minor > a.price_minor
          or f.begins_on <> {{day_of_plan}} or f.source_type not in ('period','plan_period'))
        union all select f.customer_id, f.document_id from {_FEES} f
        where f.source_type in ('period','plan_period') and not exists (
          select 1 from plan_periods a where a.customer_id = f.customer_id and a.document_id = f.document_id)""",  # noqa: S608
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
        Subscription.billed_until,
        begun.c.anchor_day,
    ).outerjoin(
        begun,
        (begun.c.customer_id == Subscription.customer_id) & (begun.c.starts_at == Subscription.period_starts_at),
    )
    if only is not None:
        wanted = wanted.where(Subscription.customer_id == only)
    for row in session.execute(wanted.execution_options(yield_per=1_000)):
        lengths = [row.interval] if row.billed_until > row.period_starts_at else list(Interval)  # a suspended month
        fits = row.anchor_day is not None and row.period_ends_at in {
            plan_period(row.period_starts_at, row.anchor_day, Interval(each)).ends_at for each in lengths
        }
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
