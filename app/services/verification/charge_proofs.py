"""The proofs of `verify` about charges: their attempts (I8), limits and consent, and unpaid invoices (I31, I32)."""

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
