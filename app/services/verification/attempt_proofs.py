"""The proofs of `verify` about attempts: whoever was charged, or was to be, was asked about by an attempt (I8)."""

from app.services.verification.ledger_proofs import Proof

_PAID = "('succeeded','refunded','disputed')"
_OPEN = "('started','requires_action','processing')"
_UNDER_WAY = "('confirming','requires_action','processing')"
_OF_PAYMENT = "a.customer_id = p.customer_id and a.payment_id = p.id"

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
          where (a.state = 'succeeded' and p.state not in {_PAID}) or (a.state in {_OPEN}) <> (a.finished_at is null)
            or (a.state in {_OPEN} and p.state not in {_UNDER_WAY})""",  # noqa: S608
    ),
)
