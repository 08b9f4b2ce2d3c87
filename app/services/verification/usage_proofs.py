"""The proofs of `verify` about usage: what is counted, what is not posted yet, what is held, and the totals of days."""

from app.services.verification.ledger_proofs import Proof

_ACCEPTED = "('usage_day','usage_period')"
_HISTORY = f"""(select customer_id, {{day}} as day, sum(case when kind = 'usage' then -change_micros else 0 end) used,
      sum(case when kind = 'usage' then 0 else change_micros end) added
    from dated_transfers where sequence is not null and source_type not in {_ACCEPTED} group by customer_id, {{day}})"""  # noqa: S608  # put together from constants, like all below
_USED = """(select customer_id, cast(day as text) as day, sum(micros) used from usage_days
    where micros > 0 and day >= :days_since group by customer_id, cast(day as text))"""
_DAYS = """(select customer_id, period_number, meter, sum(quantity) total, max(quantity) most, sum(micros) micros
    from usage_days group by customer_id, period_number, meter)"""
_EVENTS = """(select customer_id, day, meter, sum(n) n, sum(total) total, max(most) most, sum(micros) micros,
      min(first_period) first_period, max(last_period) last_period
    from (
      select customer_id, day, meter, count(*) n, sum(quantity) total, max(quantity) most, sum(micros) micros,
        min(period_number) first_period, max(period_number) last_period
      from usage_events where day >= :usage_since group by customer_id, day, meter
      union all select customer_id, day, meter, events, quantity, most, micros, period_number, period_number
      from archived_usage where day >= :usage_since) p
    group by customer_id, day, meter)"""
_SUBJECTS = """(select customer_id, period_number, meter, count(*) n from usage_subjects
    group by customer_id, period_number, meter)"""

TOTALS_PROOFS = (
    Proof(
        "usage",
        "the totals of days are not those that were proved with their events",
        """
        select customer_id, meter || ' ' || cast(period_number as text) as row_id from (
          select customer_id, period_number, meter, events, quantity, micros from proved_usage
          union all select customer_id, period_number, meter, -events, -quantity, -micros
          from usage_days where day < :usage_since) u
        group by customer_id, period_number, meter
        having sum(events) <> 0 or sum(quantity) <> 0 or sum(micros) <> 0""",
    ),
    Proof(
        "usage",
        "the total of a meter and period is not that of its days",
        f"""
        select b.customer_id, b.meter || ' ' || cast(b.period_number as text) as row_id from (
          select customer_id, period_number, meter, sum(micros) micros, sum(quantity) quantity, max(last_at) last_at,
            sum(cost) cost, sum(total) total, sum(most) most
          from (
            select customer_id, period_number, meter, micros, quantity, last_at, 0 cost, 0 total, 0 most
            from usage_totals
            union all select customer_id, period_number, meter, 0, 0, null, micros, total, most from {_DAYS} d) u
          group by customer_id, period_number, meter) b
        where b.micros <> b.cost or (b.quantity not in (b.total, b.most) and b.last_at is null)""",  # noqa: S608
    ),
    Proof(
        "usage",
        "a meter that counts subjects shows another number than it has seen",
        f"""
        select s.customer_id, s.meter || ' ' || cast(s.period_number as text) as row_id from {_SUBJECTS} s
        left join usage_totals t on t.customer_id = s.customer_id and t.period_number = s.period_number
          and t.meter = s.meter
        where coalesce(t.quantity, 0) <> s.n""",  # noqa: S608
    ),
)
"""Those of what days and billing periods add up to: they read no event."""

USAGE_PROOFS = (
    Proof(
        "days",
        "the totals of a day are not those of its rows and of what was used on it",
        f"""
        select d.customer_id, cast(d.day as text) as row_id from balance_days d
        left join {_HISTORY} h on h.customer_id = d.customer_id and h.day = cast(d.day as text)
        left join {_USED} u on u.customer_id = d.customer_id and u.day = cast(d.day as text)
        where d.day >= :days_since and ((h.day is null and u.day is null) or d.added_micros <> coalesce(h.added, 0)
          or d.used_micros <> coalesce(h.used, 0) + coalesce(u.used, 0))""",  # noqa: S608
    ),
    Proof(
        "days",
        "a day with rows has no totals",
        f"""
        select m.customer_id, m.day as row_id from (select customer_id, day from {_HISTORY} h
            union select customer_id, day from {_USED} u) m
        left join balance_days d on d.customer_id = m.customer_id and cast(d.day as text) = m.day
        where d.day is null""",  # noqa: S608
    ),
    Proof(
        "days",
        "the balance at the end of a day is not that of the day before with what the day brought",
        """
        select customer_id, cast(day as text) as row_id from (select customer_id, day, closing_micros,
          sum(added_micros - used_micros) over (partition by customer_id order by day) running from balance_days) d
        where closing_micros <> running""",
    ),
    Proof(
        "days",
        "the balance at the end of the last day is not the balance less what is not posted",
        """
        select a.customer_id, a.unit || '/' || a.name as row_id from accounts a
        join spending s on s.customer_id = a.customer_id
        left join (select customer_id, sum(added_micros - used_micros) total from balance_days group by customer_id) d
          on d.customer_id = a.customer_id
        where a.name = 'credits' and a.balance - s.unposted_micros <> coalesce(d.total, 0)""",
    ),
    Proof(
        "usage",
        "what is not posted is not what the days have used less what they have posted",
        """
        select c.customer_id, c.customer_id as row_id from customers c
        left join spending s on s.customer_id = c.customer_id
        left join (select customer_id, sum(micros - posted_micros) left_over from usage_days group by customer_id) d
          on d.customer_id = c.customer_id
        where s.customer_id is null or s.unposted_micros <> coalesce(d.left_over, 0)""",
    ),
    Proof(
        "usage",
        "what the days have posted is not in the history",
        f"""
        select c.customer_id, c.customer_id as row_id from customers c
        left join (select customer_id, sum(posted_micros) posted from usage_days group by customer_id) d
          on d.customer_id = c.customer_id
        left join (select customer_id, sum(amount) posted from transfers
                   where source_type in {_ACCEPTED} and kind = 'usage' group by customer_id) t
          on t.customer_id = c.customer_id
        left join (select customer_id, sum(posted_micros) posted from proved_accounts group by customer_id) p
          on p.customer_id = c.customer_id
        where coalesce(d.posted, 0) <> coalesce(p.posted, 0) + coalesce(t.posted, 0)""",  # noqa: S608
    ),
    Proof(
        "I19",
        "what is held is not what meters reserve and what open authorizations hold of credit without one",
        """
        select s.customer_id, s.customer_id as row_id from spending s
        left join (
            select customer_id, sum(case when micros > captured_micros then micros - captured_micros else 0 end) held
            from (select customer_id || '' as customer_id, micros, captured_micros
              from all_authorizations where state = 'held' and meter = '') o  -- in no order: by the index of the held
            group by customer_id) h
          on h.customer_id = s.customer_id
        left join (select customer_id, sum(reserved_micros) held from usage_totals group by customer_id) t
          on t.customer_id = s.customer_id
        where s.held_micros <> coalesce(h.held, 0) + coalesce(t.held, 0)""",
    ),
    Proof(
        "I19",
        "what a meter holds is not what open authorizations hold of it, in the open period and beyond its end",
        """
        select customer_id, meter as row_id from (
          select customer_id, period_number, meter, held_quantity held, 0 asked, outlasting_quantity late, 0 asked_late
          from usage_totals
          union all select a.customer_id, p.number, a.meter, 0, a.left_over, 0,
            case when a.expires_at > p.ends_at then a.left_over else 0 end
          from (select customer_id, meter, expires_at,
              case when quantity > captured_quantity then quantity - captured_quantity else 0 end left_over
            from all_authorizations where state = 'held' and meter <> '') a
          join billing_periods p on p.customer_id = a.customer_id and p.closed_at is null) h
        group by customer_id, period_number, meter having sum(held) <> sum(asked) or sum(late) <> sum(asked_late)""",
    ),
    Proof(
        "usage",
        "the totals of a meter and day are not those of its events",
        f"""
        select b.customer_id, b.meter || ' ' || cast(b.day as text) as row_id from (
          select customer_id, day, meter, sum(events) events, sum(micros) micros, sum(quantity) quantity,
            sum(period_number) period, sum(n) n, sum(cost) cost, sum(total) total, sum(most) most,
            sum(first_period) first_period, sum(last_period) last_period
          from (
            select customer_id, day, meter, events, micros, quantity, period_number,
              0 n, 0 cost, 0 total, 0 most, 0 first_period, 0 last_period from usage_days where day >= :usage_since
            union all select customer_id, day, meter, 0, 0, 0, 0,
              n, micros, total, most, first_period, last_period from {_EVENTS} e) u
          group by customer_id, day, meter) b
        where b.events <> b.n or b.micros <> b.cost or b.period <> b.first_period or b.period <> b.last_period
          or (b.quantity not in (b.total, b.most) and not exists (
            select 1 from usage_subjects s where s.customer_id = b.customer_id and s.meter = b.meter)
            and not exists (select 1 from usage_totals t where t.customer_id = b.customer_id
              and t.period_number = b.period and t.meter = b.meter and t.last_at is not null))""",  # noqa: S608
    ),
    *TOTALS_PROOFS,
    Proof(
        "usage",
        "an archive of usage events has another number of them than is kept of it",
        """
        select '' as customer_id, a.file as row_id from usage_archives a
        left join (select month, sum(events) n from archived_usage group by month) s on s.month = a.month
        where a.done_at is not null and a.events <> coalesce(s.n, 0)""",
        is_of_all=True,
    ),
)
