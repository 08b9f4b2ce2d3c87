"""The proofs of `verify` about permission to spend: what was asked, what was captured, and the ids that count once."""

from app.services.verification.ledger_proofs import Proof

_KEYED = "e.authorization_id is null or length(e.id) = length(e.authorization_id) + 33"
"""Whether an event has a key: it was reported, or captured with one, whose digest is a part of its id."""

_LARGEST = 10**15
"""The most units that a meter counts in a period: nothing is authorized beyond it (`FULL` of domain/rating.py)."""
_LEFT = "case when {0} > 0 then {0} else 0 end"
_ROOM = f"""{_LEFT.format("judged_balance_micros")} - judged_held_micros
            + case when judged_balance_micros < 0 then {_LEFT.format("(judged_overage_micros + judged_balance_micros)")}
              else judged_overage_micros end"""

AUTHORIZATION_PROOFS = (
    Proof(
        "I17",
        "the id of an event that was counted is not kept: the same event again would count again",
        f"""
        select e.customer_id, e.id as row_id from usage_events e
        left join usage_event_keys k on k.customer_id = e.customer_id and k.id = e.id
        where e.received_at >= :ids_since and k.id is null and ({_KEYED})""",  # noqa: S608  # put together from constants, like all below
    ),
    Proof(
        "I17",
        "the id of an event is kept, and there is no such event",
        """
        select k.customer_id, k.id as row_id from usage_event_keys k
        left join usage_events e on e.customer_id = k.customer_id and e.id = k.id where e.id is null""",
    ),
    Proof(
        "I19",
        "what an authorization has captured is not the usage that names it",
        """
        select customer_id, id from (
          select customer_id, id, captured_micros micros, captured_quantity quantity, captures,
            0 used, 0 units, 0 events
          from authorizations where captures <> 0 or captured_micros <> 0 or captured_quantity <> 0
          union all select customer_id, authorization_id, 0, 0, 0, micros, quantity, 1
          from usage_events where authorization_id is not null) a
        group by customer_id, id
        having sum(micros) <> sum(used) or sum(quantity) <> sum(units) or sum(captures) <> sum(events)""",
    ),
    Proof(
        "I19",
        "an authorization is not in the state that its captures and its end leave it in",
        """
        select customer_id, id from authorizations
        where (state = 'refused' and (captures <> 0 or reason = '')) or (state = 'captured' and captures = 0)
          or (state = 'held') <> (ended_at is null) or (state <> 'refused' and reason <> '')
          or (state in ('released', 'expired') and captures > 0
            and case when meter = '' then captured_micros >= micros else captured_quantity >= quantity end)""",
    ),
    Proof(
        "I19",
        "a refusal does not follow from what it says it was decided from",
        f"""
        select customer_id, id from (
          select customer_id, id, meter, quantity, micros, reason, available_after_micros available, room,
            case when judged_daily_limit_micros is null or judged_daily_limit_micros - judged_daily_used_micros
              - judged_held_micros > room then room
              else judged_daily_limit_micros - judged_daily_used_micros - judged_held_micros end least_left,
            coalesce(judged_used, 0) + coalesce(judged_held, 0) + quantity reached, judged_plan_limit
          from (select a.*, {_ROOM} room from authorizations a where judged_balance_micros is not null) a) r
        where not case reason
          when 'plan_limit' then meter <> '' and (reached > judged_plan_limit or reached > {_LARGEST})
          when 'insufficient_credits' then micros > room and micros > 0
          when 'daily_limit' then micros <= room and micros > least_left
          else true end
          or available <> case when reason in ('suspended', 'closed') or least_left < 0 then 0 else least_left end""",  # noqa: S608
    ),
)
