"""The proofs of `verify` about permission to spend: what was asked, what was captured, and the ids that count once."""

from app.services.verification.ledger_proofs import Proof

_KEYED = "e.authorization_id is null or length(e.id) = length(e.authorization_id) + 33"
"""Whether an event has a key: it was reported, or captured with one, whose digest is a part of its id."""

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
)
