"""The proofs of `verify`: each selects the customer and the row of whatever breaks its invariant, on both databases."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from sqlalchemy.orm import Session

Found = tuple[str, str]
"""A customer's id, and the row that shows what is wrong."""


@dataclass(frozen=True)
class Proof:
    """One invariant, what it means when a row comes back, and the statement that looks for one.

    A customer's table is called by its name, and by `every_NAME` where the rows of other customers are asked for too.
    Of a table of `LONG` that is what is to be proved: all, or what came since the last proof. What it is compared with
    is `all_NAME`, whatever its age; `same_transfers` are those of the same facts, `dated_transfers` those of days since
    then. What all before adds up to is in `proved_accounts` and the like: nothing where all is read.
    """

    invariant: str
    sentence: str
    sql: str
    is_of_all: bool = False
    """Whether it says something of the installation, and nothing of any one customer."""


@dataclass(frozen=True)
class Look:
    """One invariant that no statement says alike on both databases: the rows are read one after the other."""

    invariant: str
    sentence: str
    find: Callable[[Session, str | None], Iterator[Found]]
    """Takes the only customer to look at, or None: all."""
    find_since: Callable[[Session, str], Iterator[Found]] | None = None
    """The same of all customers' authorizations from this id on, where those before it were proved."""


LONG = frozenset({"transfers", "allocations", "usage_events", "usage_event_keys", "authorizations", "outbox_events"})
"""What grows with what is posted, used and reported: proved once it is settled, and then what has come since."""
_MOVES = """(select customer_id, unit, credit_account name, amount from transfers
    union all select customer_id, unit, debit_account, -amount from transfers
    union all select customer_id, unit, name, balance from proved_accounts)"""
_GRANT_OF = """left join grants g on g.customer_id = t.customer_id and
    ((t.source_type = 'payment' and g.payment_id = t.source_id) or (t.source_type = 'grant' and g.id = t.source_id))"""
_GIVEN = "('purchased','promotional','trial','referral','refund','proration')"

PROOFS = (
    Proof(
        "I1",
        "a transfer is not between two accounts of the customer, or not above zero",
        """
        select t.customer_id, t.id from transfers t
        left join accounts d on d.customer_id = t.customer_id and d.unit = t.unit and d.name = t.debit_account
        left join accounts c on c.customer_id = t.customer_id and c.unit = t.unit and c.name = t.credit_account
        where d.name is null or c.name is null or t.debit_account = t.credit_account or t.amount <= 0""",
    ),
    Proof(
        "I2",
        "an account's balance is not the sum of its transfers",
        f"""
        select a.customer_id, a.unit || '/' || a.name as row_id from accounts a
        left join (select customer_id, unit, name, sum(amount) total from {_MOVES} m group by customer_id, unit, name) s
          on s.customer_id = a.customer_id and s.unit = a.unit and s.name = a.name
        where a.balance <> coalesce(s.total, 0)""",  # noqa: S608  # put together from the constants above
    ),
    Proof(
        "I7",
        "the accounts of a unit do not sum to zero",
        """
        select customer_id, unit as row_id from accounts group by customer_id, unit having sum(balance) <> 0""",
    ),
    Proof(
        "I7",
        "money is left in clearing",
        """
        select customer_id, unit as row_id from accounts where name = 'clearing' and balance <> 0""",
    ),
    Proof(
        "I4",
        "one fact was posted twice",
        """
        select customer_id, min(id) as row_id from same_transfers
        group by customer_id, source_type, source_id, kind having count(*) > 1""",
    ),
    Proof(
        "I6",
        "an account is below its floor, and not by its debt",
        """
        select customer_id, unit || '/' || name as row_id from accounts
        where floor is not null and balance < floor - debt""",
    ),
    Proof(
        "history",
        "the history has a gap, or its version is not its last sequence",
        """
        select a.customer_id, a.name as row_id from accounts a
        left join (select customer_id, unit, count(*) n, max(sequence) top, min(sequence) low from transfers
                   where sequence is not null group by customer_id, unit) s
          on s.customer_id = a.customer_id and s.unit = a.unit
        left join proved_accounts p on p.customer_id = a.customer_id and p.unit = a.unit and p.name = a.name
        where a.name = 'credits' and (a.version <> coalesce(p.sequence, 0) + coalesce(s.n, 0)
          or s.top <> coalesce(p.sequence, 0) + s.n or s.low <> coalesce(p.sequence, 0) + 1)""",
    ),
    Proof(
        "history",
        "a change is not the transfer's amount with its sign",
        """
        select customer_id, id from transfers where unit like 'credits:%' and
          coalesce(change_micros, 0) <> case 'credits' when credit_account then amount when debit_account then -amount
          else 0 end""",
    ),
    Proof(
        "history",
        "a balance after a row is not the sum of the rows up to it",
        """
        select h.customer_id, h.id from (select customer_id, id, unit, balance_after_micros,
          sum(change_micros) over (partition by customer_id order by sequence) running
          from transfers where sequence is not null) h
        left join proved_accounts p on p.customer_id = h.customer_id and p.unit = h.unit and p.name = 'credits'
        where h.balance_after_micros <> h.running + coalesce(p.balance, 0)""",
    ),
    Proof(
        "grants",
        "what remains of a grant is not its amount less its allocations",
        """
        select g.customer_id, g.id from grants g
        left join (select customer_id, grant_id, sum(micros) used from allocations group by customer_id, grant_id) a
          on a.customer_id = g.customer_id and a.grant_id = g.id
        left join proved_grants p on p.customer_id = g.customer_id and p.grant_id = g.id
        where g.remaining_micros <> case when g.posted_at is null then 0
          else g.micros - coalesce(p.allocated_micros, 0) - coalesce(a.used, 0) end""",
    ),
    Proof(
        "grants",
        "the balance above zero is not what remains in the grants",
        """
        select a.customer_id, a.unit || '/' || a.name as row_id from accounts a
        left join (select customer_id, sum(remaining_micros) left_over from grants group by customer_id) g
          on g.customer_id = a.customer_id
        where a.name = 'credits' and case when a.balance > 0 then a.balance else 0 end <> coalesce(g.left_over, 0)""",
    ),
    Proof(
        "grants",
        "a debit's allocations are more than the debit, or an expiry or taking back is not covered by its grant",
        """
        select t.customer_id, t.id from transfers t
        left join (
            select customer_id, transfer_id, sum(micros) used from allocations group by customer_id, transfer_id) a
          on a.customer_id = t.customer_id and a.transfer_id = t.id
        where coalesce(a.used, 0) > t.amount
          or (t.kind in ('usage','refunded','disputed','overage_returned') and coalesce(a.used, 0) < 0)
          or (t.kind in ('expired','voided','credit_applied') and coalesce(a.used, 0) <> t.amount)
          or (t.kind in ('correction','refund_failed','dispute_won','credit_returned')
            and (coalesce(a.used, 0) > 0 or -coalesce(a.used, 0) > t.amount))""",
    ),
    Proof(
        "I10",
        "a grant was posted without its transfer, with another amount, or a transfer has no grant",
        f"""
        select t.customer_id, t.id from transfers t {_GRANT_OF}
        where t.kind in {_GIVEN} and (g.id is null or g.micros <> t.amount or g.kind <> t.kind or g.posted_at is null)
        union all select g.customer_id, g.id from grants g where g.posted_at is not null
          and not exists (select 1 from all_transfers t where t.customer_id = g.customer_id and t.kind = g.kind
            and t.source_type = 'payment' and t.source_id = g.payment_id)
          and not exists (select 1 from all_transfers t where t.customer_id = g.customer_id and t.kind = g.kind
            and t.source_type = 'grant' and t.source_id = g.id)""",  # noqa: S608  # likewise
    ),
    Proof(
        "I10",
        "a grant names neither a payment nor a person and a reason",
        """
        select customer_id, id from grants where payment_id is null and (granted_by = '' or reason = '')""",
    ),
    Proof(
        "I9",
        "a paid payment was not credited once, or with another amount of money",
        """
        select p.customer_id, p.id from payments p where p.state in ('succeeded','refunded','disputed') and (
          (select count(*) from grants g
           where g.customer_id = p.customer_id and g.payment_id = p.id and g.posted_at is not null)
          <> case p.purpose when 'top_up' then 1 else 0 end
          or (select count(*) from all_transfers t
              where t.customer_id = p.customer_id and t.source_type = 'payment' and t.source_id = p.id
              and t.kind in ('payment','sale') and t.amount = p.received_minor
              and t.unit = 'money:' || p.currency) <> 2)""",
    ),
    Proof(
        "I9",
        "what was promised for exactly the amount paid is not what was credited",
        """
        select g.customer_id, g.id from grants g
        join payments p on p.customer_id = g.customer_id and p.id = g.payment_id
        where p.received_minor = p.amount_minor and g.micros <> p.credits_micros""",
    ),
    Proof(
        "I9",
        "the processor reports another currency or payment than was asked for: not credited, a person must look",
        """
        select p.customer_id, p.id from payments p where p.problem in ('another_currency','another_payment')
          and p.state in ('pi_created','confirming','requires_action','processing')""",
    ),
    Proof(
        "I9",
        "a payment that was not paid has been credited",
        """
        select p.customer_id, p.id from payments p where p.state not in ('succeeded','refunded','disputed') and exists (
          select 1 from all_transfers t
          where t.customer_id = p.customer_id and t.source_type = 'payment' and t.source_id = p.id)""",
    ),
)

CASH_PROOFS = (
    Proof(
        "cash",
        "unapplied money is not what arrived, less what paid payments and what was sent back",
        """
        select a.customer_id, a.unit || '/' || a.name as row_id from accounts a
        left join (select customer_id, 'money:' || currency unit, sum(amount_minor) total from cash_movements
                   where is_booked group by customer_id, currency) m
          on m.customer_id = a.customer_id and m.unit = a.unit
        left join (select customer_id, 'money:' || currency unit, sum(received_minor) total from payments
                   where rail = 'bank_transfer' and state in ('succeeded','refunded','disputed')
                   group by customer_id, currency) p
          on p.customer_id = a.customer_id and p.unit = a.unit
        where a.name = 'unapplied' and a.balance <> coalesce(m.total, 0) - coalesce(p.total, 0)""",
    ),
    Proof(
        "cash",
        "more money was used than had arrived, and no bank has called a transfer back",
        """
        select a.customer_id, a.unit || '/' || a.name as row_id from accounts a
        where a.name = 'unapplied' and a.balance < 0 and not exists (select 1 from cash_movements m
          where m.customer_id = a.customer_id
          and m.kind in ('funding_reversed','transferred_to_balance','applied_to_payment') and m.amount_minor < 0
          and m.is_booked)""",
    ),
    Proof(
        "cash",
        "a movement of money was not posted once as it is, or posted although a payment posts it",
        """
        select m.customer_id, m.id as row_id from cash_movements m
        left join (select c.customer_id, c.id as source_id, count(*) n,
            sum(case t.credit_account when 'unapplied' then t.amount else -t.amount end) total
          from cash_movements c {join_each} all_transfers t
            on t.customer_id = c.customer_id and t.source_type = 'cash' and t.source_id = c.id
          group by c.customer_id, c.id) t
          on t.customer_id = m.customer_id and t.source_id = m.id
        where (m.is_booked and (coalesce(t.n, 0) <> 1 or t.total <> m.amount_minor))
          or (not m.is_booked and t.n is not null)""",
    ),
    Proof(
        "cash",
        "a payment by bank transfer has no pro-forma, or another amount than its pro-forma",
        """
        select p.customer_id, p.id as row_id from payments p
        left join pro_formas f on f.customer_id = p.customer_id and f.payment_id = p.id
        where p.rail = 'bank_transfer' and f.id is null and p.created_by <> 'reconcile'
          and p.state in ('succeeded','refunded','disputed')
        union all select f.customer_id, f.id from pro_formas f
          left join payments p on p.customer_id = f.customer_id and p.id = f.payment_id
          where f.payment_id is not null and (p.id is null or p.amount_minor <> f.amount_minor
            or p.credits_micros <> f.credits_micros or p.rail <> 'bank_transfer')""",
    ),
)
