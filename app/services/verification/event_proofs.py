"""The proofs of `verify` about events: none is missing in a customer's order or for its fact, none is done unworked."""

from app.domain.notices import EVENTS
from app.domain.webhooks import CUSTOMER_TYPES
from app.services.verification.ledger_proofs import Proof

_OF_NOTICE = " ".join(f"when '{rule}' then '{event}'" for rule, event in EVENTS.items())
_WITH_EVENT = ", ".join(f"'{rule}'" for rule in EVENTS)
_OF_CHATS = ", ".join(f"'{each}'" for each in CUSTOMER_TYPES)
# A customer's own endpoint receives `credits.expiring` since there are chats: of one from before nothing is missing.
_OF_CUSTOMERS = ", ".join(f"'{each}'" for each in CUSTOMER_TYPES if each != "credits.expiring")
_FACTS = f"""(
    select g.customer_id, 'credits.granted' as type, g.id as source_id from grants g
      join payments p on p.customer_id = g.customer_id and p.id = g.payment_id
      where g.posted_at is not null and p.purpose = 'top_up'
    union all select customer_id, 'payment.failed', id from payments where state = 'failed'
    union all select customer_id, 'refund.created', id from refunds where state in ('pending','succeeded')
    union all select customer_id, 'refund.failed', id from refunds where state in ('failed','canceled')
    union all select customer_id, 'dispute.opened', id from disputes
    union all select customer_id, 'dispute.' || state, id from disputes where state <> 'open'
    union all select customer_id, case rule {_OF_NOTICE} end, rule || ':' || occasion from notices
      where state = 'done' and done_at > created_at and rule in ({_WITH_EVENT})
    union all select customer_id, 'credits.expired', source_id from transfers
      where kind = 'expired' and source_type = 'grant' and source_id not like '%:%'
        and booked_at > (
          select created_at from every_outbox_events where type = 'credits.expired' order by id limit 1))"""  # noqa: S608  # put together from constants, like all below

EVENT_PROOFS = (
    Proof(
        "I29",
        "an event is missing in the customer's order",
        """
        select customer_id, 'seq ' || cast(before + 1 as text) as row_id from (
          select customer_id, sequence, coalesce(before, (select max(o.sequence) from all_outbox_events o
            where o.customer_id = e.customer_id and o.sequence < e.sequence), 0) as before
          from (select customer_id, sequence, lag(sequence) over (partition by customer_id order by sequence) as before
            from outbox_events) e) e where sequence <> before + 1""",
    ),
    Proof(
        "I28",
        "what happened has no event",
        f"""
        select f.customer_id, f.type || ' ' || f.source_id as row_id from {_FACTS} f
        left join all_outbox_events e on e.customer_id = f.customer_id and e.type = f.type and e.source_id = f.source_id
        where e.id is null""",  # noqa: S608
    ),
    Proof(
        "I29",
        "an event is marked as done, and nobody has fanned it out",
        f"""
        select e.customer_id, e.id from outbox_events e where (e.state = 'done') <> (e.done_at is not null)
        union all select e.customer_id, e.id || ' to ' || w.id from outbox_events e
          join webhook_endpoints w on w.customer_id = e.customer_id and w.state = 'active' and w.url <> ''
            and w.created_at <= {{shortly_before}} and w.changed_at <= {{shortly_before}}
          left join webhook_deliveries d on d.customer_id = e.customer_id and d.event_id = e.id and d.endpoint_id = w.id
          where e.state = 'done' and e.done_at > :deliveries_since and e.type in ({_OF_CUSTOMERS}) and d.id is null
        union all select e.customer_id, e.id || ' to ' || w.id from outbox_events e
          join chat_channels w on w.customer_id = e.customer_id and w.state = 'active'
            and w.created_at <= {{shortly_before}} and w.changed_at <= {{shortly_before}}
          left join webhook_deliveries d on d.customer_id = e.customer_id and d.event_id = e.id and d.endpoint_id = w.id
          where e.state = 'done' and e.done_at > :deliveries_since and e.type in ({_OF_CHATS}) and d.id is null
        union all select e.customer_id, e.id || ' to ' || w.id from outbox_events e
          join seller_endpoints w on w.state = 'active'
            and w.created_at <= {{shortly_before}} and w.changed_at <= {{shortly_before}}
            and (w.event_types = '[]' or replace(w.event_types, '"' || e.type || '"', '') <> w.event_types)
          left join webhook_deliveries d on d.customer_id = e.customer_id and d.event_id = e.id and d.endpoint_id = w.id
          where e.state = 'done' and e.done_at > :deliveries_since and d.id is null""",  # noqa: S608
    ),
    Proof(
        "I29",
        "a delivery has ended without a try that ended so, or its event is not there",
        """
        select d.customer_id, d.id from webhook_deliveries d
        left join webhook_attempts a on a.customer_id = d.customer_id and a.delivery_id = d.id and a.number = d.tries
          and a.status between 200 and 299
        where (d.state = 'delivered' and a.number is null) or (d.state = 'dead' and d.tries = 0)
          or (d.state <> 'pending' and d.done_at is null)
        union all select d.customer_id, d.id from webhook_deliveries d
          left join all_outbox_events e on e.customer_id = d.customer_id and e.id = d.event_id
          where d.sequence is not null and e.id is null""",
    ),
    Proof(
        "I27",
        "a notice is marked as done, and nobody was notified",
        """
        select customer_id, rule || ' ' || occasion as row_id from notices
        where (state = 'done') <> (done_at is not null)""",
    ),
    Proof(
        "I29",
        "a mail is marked as sent, and was not",
        """
        select customer_id, id from mails where (state = 'sent') <> (sent_at is not null)
          or (state in ('sent','dead') and tries = 0)""",
    ),
    Proof(
        "I30",
        "an event of the processor is marked as done, and nobody has worked on it",
        """
        select '' as customer_id, id from inbox_events
        where (state = 'done' and (tries = 0 or problem <> '')) or (state = 'dead' and tries = 0)""",
        is_of_all=True,
    ),
)
