"""The proofs of `verify` about events and the audit trail.

No event is missing in a customer's order or for its fact, none is done unworked. What was done is written in the trail,
and what is written there was done.
"""

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

_PAID = "('succeeded','refunded','disputed')"
_DONE = f"""(
    select customer_id, 'customer.created' as action, customer_id as subject from customers
    union all select customer_id, 'grant.given', id from grants where payment_id is null and kind <> 'trial'
    union all select g.customer_id, 'grant.given', g.id from grants g
      join customers c on c.customer_id = g.customer_id and c.created_at <> g.created_at where g.kind = 'trial'
    union all select customer_id, 'grant.voided', id from grants where voided_at is not null
    union all select customer_id, 'transfer.corrected', source_id from transfers where kind = 'correction'
    union all select customer_id, 'top_up.wished', id from payments
      where purpose = 'top_up' and created_by <> 'reconcile'
    union all select customer_id, 'payment.restored', id from payments where created_by = 'reconcile'
    union all select customer_id, 'payment.succeeded', id from payments where state in {_PAID}
    union all select customer_id, 'payment.' || state, id from payments where state in ('failed','canceled')
    union all select customer_id, 'refund.wished', id from refunds where requested_by <> 'processor'
    union all select customer_id, 'refund.' || state, id from refunds where state <> 'created'
    union all select customer_id, 'dispute.opened', id from disputes
    union all select customer_id, 'dispute.' || state, id from disputes where state <> 'open'
    union all select customer_id, 'mandate.accepted', id from mandates where accepted_by <> ''
    union all select customer_id, 'webhook.changed', customer_id from webhook_endpoints)"""  # noqa: S608  # put together from constants, like all below
_WRITTEN = "(select distinct customer_id, action, subject from audit_entries)"
_TABLES = {
    "pay_": "payments",
    "grt_": "grants",
    "txn_": "all_transfers",
    "ref_": "refunds",
    "dsp_": "disputes",
    "pm_": "payment_methods",
    "man_": "mandates",
}
_NAMED = " union all ".join(
    f"""select a.customer_id, a.subject as row_id from audit_entries a
        left join {table} o on o.customer_id = a.customer_id and o.id = a.subject
        where substr(a.subject, 1, {len(prefix)}) = '{prefix}' and o.id is null"""  # noqa: S608
    for prefix, table in _TABLES.items()
)
_CHANGES = """(select customer_id,
      sum(case when action in ('spend_management.changed','webhook.changed') then 1 else 0 end) limits,
      sum(case when action = 'usage_alerts.changed' then 1 else 0 end) alerts
    from audit_entries group by customer_id)"""

AUDIT_PROOFS = (
    Proof(
        "I35",
        "what was done is not in the audit trail",
        f"""
        select d.customer_id, d.action || ' ' || d.subject as row_id from {_DONE} d
        left join {_WRITTEN} a on a.customer_id = d.customer_id and a.action = d.action and a.subject = d.subject
        where a.action is null""",  # noqa: S608
    ),
    Proof(
        "I35",
        "settings were changed more often than the audit trail says",
        f"""
        select s.customer_id, 'spend_settings version ' || cast(s.version as text) as row_id from spend_settings s
          left join {_CHANGES} a on a.customer_id = s.customer_id where s.version > 1 + coalesce(a.limits, 0)
        union all select s.customer_id, 'alert_settings version ' || cast(s.version as text) from alert_settings s
          left join {_CHANGES} a on a.customer_id = s.customer_id where s.version > 1 + coalesce(a.alerts, 0)""",  # noqa: S608
    ),
    Proof("I35", "the audit trail names a row that is not there", f"select customer_id, row_id from ({_NAMED}) n"),  # noqa: S608
    Proof(
        "I9",
        "the audit trail says that another amount was received for a payment",
        f"""
        select p.customer_id, p.id from payments p
        join audit_entries a on a.customer_id = p.customer_id and a.subject = p.id and a.action = 'payment.succeeded'
        where p.state in {_PAID} and a.after not like '%"received_minor": ' || cast(p.received_minor as text) || '}}%'
          and a.after not like '%"received_minor": ' || cast(p.received_minor as text) || ',%'""",  # noqa: S608
    ),
)
