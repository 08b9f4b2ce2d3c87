"""The proofs of `verify` about the audit trail: what was done is written there, and what is written there was done."""

from app.services.verification.ledger_proofs import Proof

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
