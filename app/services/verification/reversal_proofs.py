"""The proofs of `verify` about what goes back: refunds, disputes, and the debt that a claw-back leaves (I6, I11)."""

from app.services.verification.ledger_proofs import Proof

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
