"""The proofs of `verify` about charges and what goes back of them.

Attempts (I8), limits and consent, unpaid invoices (I31, I32); refunds, disputes, and the debt that a claw-back leaves
(I6, I11).
"""

from app.services.verification.ledger_proofs import Proof

_OPEN = "('created','pi_created','confirming','requires_action','processing')"
_PAID = "('succeeded','refunded','disputed')"
_SUMS = f"""(
    select customer_id, budget_period,
      sum(case when state in {_OPEN} then amount_minor else 0 end) reserved,
      sum(case when state in {_PAID} then amount_minor else 0 end) charged
    from payments where budget_period is not null group by customer_id, budget_period)"""  # noqa: S608  # put together from constants, like all below
_CHANGES = """(select customer_id, count(*) many from audit_entries where action = 'auto_recharge.changed'
    group by customer_id)"""
_STARTED = "('started','requires_action','processing')"
_UNDER_WAY = "('confirming','requires_action','processing')"
_OF_PAYMENT = "a.customer_id = p.customer_id and a.payment_id = p.id"

BUDGET_PROOFS = (
    Proof(
        "I12",
        "what is reserved or charged of a limit is not what its automatic payments come to",
        f"""
        select b.customer_id, 'period ' || cast(b.period_number as text) as row_id from auto_recharge_budgets b
          left join {_SUMS} s on s.customer_id = b.customer_id and s.budget_period = b.period_number
          where b.reserved_minor <> coalesce(s.reserved, 0) or b.charged_minor <> coalesce(s.charged, 0)
        union all select s.customer_id, 'period ' || cast(s.budget_period as text) from {_SUMS} s
          left join auto_recharge_budgets b on b.customer_id = s.customer_id and b.period_number = s.budget_period
          where b.period_number is null""",  # noqa: S608
    ),
    Proof(
        "I12",
        "an automatic payment was decided beyond the limit",
        """
        select customer_id, id from auto_recharge_decisions
        where outcome = 'charge' and used_minor + amount_minor > limit_minor""",
    ),
    Proof(
        "I15",
        "an automatic payment was not decided, or without a consent from before",
        """
        select p.customer_id, p.id from payments p
          left join auto_recharge_decisions d on d.customer_id = p.customer_id and d.payment_id = p.id
          left join auto_recharge_consents c on c.customer_id = p.customer_id and c.id = d.consent_id
          where p.budget_period is not null and p.created_by <> 'reconcile'
            and (d.id is null or c.id is null or c.accepted_at > p.created_at or d.amount_minor <> p.amount_minor
              or d.period_number <> p.budget_period)""",
    ),
    Proof(
        "I35",
        "auto-recharge was changed more often than the audit trail says",
        f"""
        select s.customer_id, 'auto_recharge_settings version ' || cast(s.version as text) as row_id
          from auto_recharge_settings s
          left join {_CHANGES} a on a.customer_id = s.customer_id where s.version > coalesce(a.many, 0)""",  # noqa: S608
    ),
)

ATTEMPT_PROOFS = (
    Proof(
        "I8",
        "a payment was charged, was declined or waits for its bank, and no attempt to charge it is there",
        f"""
        select p.customer_id, p.id from payments p
        where p.created_by <> 'reconcile'
          and (p.state in {_PAID} or p.state in {_UNDER_WAY} or (p.state = 'failed' and p.problem <> 'method_removed'))
          and not exists (select 1 from attempts a where {_OF_PAYMENT})""",  # noqa: S608  # put together from constants, like all below
    ),
    Proof(
        "I8",
        "an attempt to charge a payment is missing before another one",
        """
        select customer_id, payment_id as row_id from attempts
        group by customer_id, payment_id having count(*) <> max(number) or min(number) <> 1""",
    ),
    Proof(
        "I8",
        "a payment has ended otherwise than its attempts",
        f"""
        select p.customer_id, p.id from payments p where p.state in {_PAID} and not exists (
            select 1 from attempts a where {_OF_PAYMENT} and a.state = 'succeeded')
          and exists (select 1 from attempts a where {_OF_PAYMENT}) and not exists (
            select 1 from attempts a where {_OF_PAYMENT} and a.code = 'authentication_required')
        union all select a.customer_id, a.id from attempts a
          left join payments p on {_OF_PAYMENT}
          where (a.state = 'succeeded' and p.state not in {_PAID}) or (a.state in {_STARTED}) <> (a.finished_at is null)
            or (a.state in {_STARTED} and p.state not in {_UNDER_WAY})""",  # noqa: S608
    ),
)

_OF_ATTEMPT = "p.customer_id = a.customer_id and p.id = a.payment_id"
_DUE = """d.kind = 'invoice' and d.state = 'open' and d.due_on is not null and d.carried_to_id is null
    and d.credited_minor = 0"""
_LATE = f"""(select a.customer_id from collection_attempts a
    join documents d on d.customer_id = a.customer_id and d.id = a.document_id and {_DUE}
    where a.place is not null and a.state = 'failed')"""  # noqa: S608  # put together from constants, like all below

COLLECTION_PROOFS = (
    Proof(
        "I32",
        "an attempt on an invoice has ended otherwise than its payment, or was made for another invoice",
        f"""
        select a.customer_id, a.document_id || ' ' || cast(a.number as text) as row_id from collection_attempts a
        left join payments p on {_OF_ATTEMPT}
        where a.payment_id is not null and (p.id is null or p.document_id is null
          or (p.created_by <> 'dunning' and (a.place is null or a.place > 0 or a.state <> 'failed'))
          or (a.state = 'succeeded' and p.state not in {_PAID})
          or (a.state = 'failed' and p.state not in ('failed','canceled'))
          or (a.state = 'not_made' and p.state <> 'canceled'))
        union all select p.customer_id, p.id from payments p
        where p.created_by = 'dunning' and p.state in {_OPEN}
          and not exists (select 1 from collection_attempts a where {_OF_ATTEMPT} and a.state = 'under_way')""",  # noqa: S608
    ),
    Proof(
        "I32",
        "an attempt on an invoice is missing before another one, or a retry was made before its day",
        """
        select customer_id, document_id as row_id from collection_attempts
        group by customer_id, document_id having count(*) <> max(number) or min(number) <> 1
        union all select customer_id, document_id from collection_attempts
        where place is not null and state <> 'not_made'
        group by customer_id, document_id having count(*) <> max(place) + 1
        union all select customer_id, document_id from collection_attempts where started_at < due_at""",
    ),
    Proof(
        "I31",
        "a customer's standing is not what their unpaid invoices and the attempts on them say",
        f"""
        select c.customer_id, c.customer_id as row_id from customers c
        where (c.standing = 'good' and exists (select 1 from {_LATE} l where l.customer_id = c.customer_id))
          or (c.standing in ('past_due','suspended') and exists (
              select 1 from collection_attempts a where a.customer_id = c.customer_id)
            and not exists (select 1 from documents d
            where d.customer_id = c.customer_id and d.kind = 'invoice' and d.state = 'open'))""",  # noqa: S608
    ),
)

_TAKEN = """(select o.customer_id, o.id as source_id,
      sum(case when t.kind in ('money_refunded','money_disputed') then t.amount
               when t.kind in ('money_returned','money_won') then -t.amount else 0 end) money,
      sum(case when t.kind in ('refunded','disputed') then t.amount
               when t.kind in ('refund_failed','dispute_won') then -t.amount else 0 end) credits,
      sum(case when t.kind = 'money_lost' then t.amount else 0 end) money_lost,
      sum(case when t.kind = 'dispute_lost' then t.amount else 0 end) credits_lost
    from {source}s o {{join_each}} all_transfers t
      on t.customer_id = o.customer_id and t.source_type = '{source}' and t.source_id = o.id
    group by o.customer_id, o.id)"""
_BACK = """(select customer_id, payment_id, sum(amount_minor) minor, sum(credits_micros) micros,
      sum(case when of_credit_minor > 0 then credits_micros else 0 end) of_credit,
      sum(case when state = 'succeeded' then amount_minor else 0 end) refunded
    from refunds where state in ('created','pending','succeeded') and not of_correction
    group by customer_id, payment_id)"""
_HELD = """(select customer_id, payment_id, sum(amount_minor) minor, sum(credits_micros) micros,
      sum(case when of_credit_minor > 0 then credits_micros else 0 end) of_credit,
      sum(case when state = 'lost' then amount_minor else 0 end) lost
    from disputes where state in ('open','lost') group by customer_id, payment_id)"""
_BOTH = f"""payments p
    left join {_BACK} r on r.customer_id = p.customer_id and r.payment_id = p.id
    left join {_HELD} d on d.customer_id = p.customer_id and d.payment_id = p.id"""  # constants
_CLAWED = "('refunded','disputed')"
_ACCEPTED = "('usage_day','usage_period')"

REVERSAL_PROOFS = (
    Proof(
        "I6",
        "an account's debt is not what its balance lacks to the floor, or nothing was clawed back or used first",
        f"""
        select a.customer_id, a.unit || '/' || a.name as row_id from accounts a
        where a.debt <> case when a.floor is not null and a.balance < a.floor then a.floor - a.balance else 0 end
          or (a.debt > 0 and not exists (
            select 1 from all_transfers t
            where t.customer_id = a.customer_id and t.unit = a.unit
              and (t.kind in {_CLAWED} or t.source_type in {_ACCEPTED})))""",  # noqa: S608
    ),
    Proof(
        "I11",
        "refunds and disputes of a payment are not what it says, or more than was received",
        f"""
        select p.customer_id, p.id from {_BOTH}
        where p.refunded_minor <> coalesce(r.minor, 0) or p.disputed_minor <> coalesce(d.minor, 0)
          or coalesce(r.minor, 0) + coalesce(d.minor, 0) + p.corrected_minor + p.as_credit_minor
            > p.received_minor""",  # noqa: S608
    ),
    Proof(
        "I11",
        "a payment is not in the state that its refunds and disputes leave it in",
        f"""
        select p.customer_id, p.id from {_BOTH}
        where p.state in ('succeeded','refunded','disputed') and p.state <> case
          when coalesce(d.lost, 0) > 0 then 'disputed'
          when coalesce(r.refunded, 0) = p.received_minor - p.corrected_minor then 'refunded' else 'succeeded' end""",  # noqa: S608
    ),
    Proof(
        "I11",
        "more credit was taken for a payment than it bought",
        f"""
        select p.customer_id, p.id from {_BOTH}
        join grants g on g.customer_id = p.customer_id and g.payment_id = p.id
        where coalesce(r.micros, 0) + coalesce(d.micros, 0) > g.micros""",  # noqa: S608
    ),
    Proof(
        "I11",
        "more of a customer's payments is or was credit for unused time than was given for it",
        f"""
        select x.customer_id, x.customer_id as row_id from (
          select p.customer_id, sum(p.as_credit_micros + coalesce(r.of_credit, 0) + coalesce(d.of_credit, 0)) micros
          from {_BOTH} group by p.customer_id) x
        left join (select customer_id, sum(micros) micros from grants where kind = 'proration' group by customer_id) g
          on g.customer_id = x.customer_id
        where x.micros > coalesce(g.micros, 0)""",  # noqa: S608
    ),
    Proof(
        "I11",
        "a refund was not posted as it stands",
        f"""
        select r.customer_id, r.id from refunds r
        left join {_TAKEN.format(source="refund")} t on t.customer_id = r.customer_id and t.source_id = r.id
        join payments p on p.customer_id = r.customer_id and p.id = r.payment_id
        where r.currency <> p.currency
          or coalesce(t.money, 0) <> case when r.state in ('pending','succeeded') then r.amount_minor else 0 end
          or coalesce(t.credits, 0) <> case when r.state in ('pending','succeeded') then r.credits_micros else 0 end
        union all select t.customer_id, t.id from transfers t where t.source_type = 'refund' and not exists (
          select 1 from refunds r where r.customer_id = t.customer_id and r.id = t.source_id)""",  # noqa: S608
    ),
    Proof(
        "I11",
        "a dispute was not posted as it stands",
        f"""
        select d.customer_id, d.id from disputes d
        left join {_TAKEN.format(source="dispute")} t on t.customer_id = d.customer_id and t.source_id = d.id
        join payments p on p.customer_id = d.customer_id and p.id = d.payment_id
        where d.currency <> p.currency
          or coalesce(t.money, 0) <> case when d.state = 'won' then 0 else d.amount_minor end
          or coalesce(t.credits, 0) <> case when d.state = 'won' then 0 else d.credits_micros end
          or (d.state = 'open' and coalesce(t.money_lost, 0) + coalesce(t.credits_lost, 0) <> 0)
          or (d.state = 'lost' and (t.money_lost <> d.amount_minor or t.credits_lost <> d.credits_micros))
        union all select t.customer_id, t.id from transfers t where t.source_type = 'dispute' and not exists (
          select 1 from disputes d where d.customer_id = t.customer_id and d.id = t.source_id)""",  # noqa: S608
    ),
    Proof(
        "I11",
        "what is kept for disputes is not what open disputes hold",
        """
        select a.customer_id, a.unit || '/' || a.name as row_id from accounts a
        left join (
            select customer_id, 'money:' || currency as unit, sum(amount_minor) held from disputes where state = 'open'
            group by customer_id, currency
            union all select d.customer_id, 'credits:' || c.credit_unit, sum(d.credits_micros) from disputes d
            join customers c on c.customer_id = d.customer_id where d.state = 'open'
            group by d.customer_id, c.credit_unit) h on h.customer_id = a.customer_id and h.unit = a.unit
        where a.name = 'disputes' and a.balance <> coalesce(h.held, 0)""",
    ),
    Proof(
        "AC-34",
        "what came back names nothing that was taken, or another amount",
        """
        select t.customer_id, t.id from transfers t
        left join all_transfers w on w.customer_id = t.customer_id and w.id = t.corrects_id
        where t.kind in ('money_returned','refund_failed','money_won','dispute_won')
          and (w.id is null or w.amount <> t.amount or w.source_id <> t.source_id or w.unit <> t.unit)""",
    ),
)
