"""The proofs of `verify` about documents: sums, numbers, one for each fact; and what pays those that are due."""

from app.services.verification.ledger_proofs import Proof

_LINES = "(select customer_id, document_id, sum(net_minor) net from document_lines group by customer_id, document_id)"
_TAXES = """(select customer_id, document_id, sum(net_minor) net, sum(tax_minor) tax from document_taxes
    group by customer_id, document_id)"""
_RETURNED = """(select d.customer_id, d.returns_id, t.category, t.percent_micros, sum(t.net_minor) net,
      sum(t.tax_minor) tax from documents d
    join document_taxes t on t.customer_id = d.customer_id and t.document_id = d.id
    where d.kind = 'credit_note' and d.state = 'issued'
    group by d.customer_id, d.returns_id, t.category, t.percent_micros)"""
_STANDING = """(select customer_id, returns_id, sum(total_minor) minor from documents
    where kind in ('credit_note','refund_receipt') and state = 'issued' group by customer_id, returns_id)"""
_FOR_PAYMENTS = "d.source_type = 'payment' and d.kind in ('invoice','receipt')"

_POSTED = """(select o.customer_id, o.id as source_id,
      sum(case t.kind when 'overage_invoiced' then t.amount else 0 end) invoiced,
      sum(case t.kind when 'overage_returned' then t.amount else 0 end) returned,
      sum(case t.kind when 'credit_applied' then t.amount else 0 end) applied,
      sum(case t.kind when 'credit_returned' then t.amount else 0 end) given_back
    from documents o {join_each} all_transfers t
      on t.customer_id = o.customer_id and t.source_type = 'document' and t.source_id = o.id
    group by o.customer_id, o.id)"""

DOCUMENT_PROOFS = (
    Proof(
        "I24",
        "a document's lines, tax and total do not add up",
        f"""
        select d.customer_id, d.id from documents d
        left join {_LINES} l on l.customer_id = d.customer_id and l.document_id = d.id
        left join {_TAXES} t on t.customer_id = d.customer_id and t.document_id = d.id
        where l.net is null or d.net_minor <> l.net or d.tax_minor <> coalesce(t.tax, 0)
          or d.total_minor <> d.net_minor + d.tax_minor
          or (d.kind in ('invoice','credit_note') and d.net_minor <> coalesce(t.net, 0))
          or (d.kind in ('receipt','refund_receipt') and t.net is not null)""",  # noqa: S608
    ),
    Proof(
        "I24",
        "the tax of a rate is not its share of what is taxed",
        f"""
        select t.customer_id, t.document_id from document_taxes t
        join documents d on d.customer_id = t.customer_id and d.id = t.document_id and d.kind = 'invoice'
        where abs(t.tax_minor * 100000000.0 - t.net_minor * 1.0 * t.percent_micros) > 100000000
        union all select n.customer_id, n.returns_id from {_RETURNED} n
        left join document_taxes i on i.customer_id = n.customer_id and i.document_id = n.returns_id
          and i.category = n.category and i.percent_micros = n.percent_micros
        where i.net_minor is null or n.net > i.net_minor or n.tax > i.tax_minor""",  # noqa: S608
    ),
    Proof(
        "I23",
        "a series of numbers leaves one out, or gives one twice",
        """
        select '' as customer_id, s.catalog || '/' || s.prefix || '-' || s.year as row_id from number_series s
        left join (select catalog, kind, prefix, year, count(*) given, count(distinct place) places, max(place) last
          from documents where number is not null group by catalog, kind, prefix, year) d
          on d.catalog = s.catalog and d.kind = s.kind and d.prefix = s.prefix and d.year = s.year
        where coalesce(d.last, 0) <> s.last or d.given <> s.last or d.places <> s.last
        union all select d.customer_id, d.id from documents d where d.number is not null and not exists (
          select 1 from number_series s where s.catalog = d.catalog and s.kind = d.kind and s.prefix = d.prefix
            and s.year = d.year)""",
    ),
    Proof(
        "I9",
        "a payment that was received has not exactly one document of its amount",
        f"""
        select p.customer_id, p.id from payments p
        left join (select d.customer_id, d.source_id, count(*) papers, sum(d.payable_minor) minor, min(d.currency) money
          from documents d where {_FOR_PAYMENTS} and d.state in ('paid','issued') group by d.customer_id, d.source_id) d
          on d.customer_id = p.customer_id and d.source_id = p.id
        where p.received_minor > 0 and not p.settled_before_documents and p.purpose <> 'invoice'
          and p.problem <> 'not_applied'
          and (d.papers is null or d.papers <> 1 or d.minor <> p.received_minor or d.money <> p.currency)
        union all select d.customer_id, d.id from documents d where {_FOR_PAYMENTS} and not exists (
          select 1 from payments p where p.customer_id = d.customer_id and p.id = d.source_id
            and p.received_minor > 0)""",  # noqa: S608
    ),
    Proof(
        "I9",
        "a payment's document is not what was decided at its order",
        """
        select p.customer_id, p.id from payments p
        join documents d on d.customer_id = p.customer_id and d.source_type = 'payment' and d.source_id = p.id
          and d.kind in ('invoice','receipt')
        left join document_taxes t on t.customer_id = d.customer_id and t.document_id = d.id
        where p.net_minor is not null and (
          (d.kind = 'invoice') <> (p.treatment <> '')
          or (p.received_minor = p.amount_minor and (
            d.net_minor <> p.net_minor or d.payable_minor <> p.amount_minor
            or (p.treatment <> '' and p.treatment not like '%"tax_minor":' || cast(d.tax_minor as text) || '}')))
          or (p.treatment <> '' and (p.treatment not like '%"category":"' || t.category || '"%'
            or p.treatment not like '%"reason":"' || t.reason || '"%')))""",
    ),
    Proof(
        "I11",
        "what was returned of a document is not what its credit notes say, or more than it came to",
        f"""
        select d.customer_id, d.id from documents d
        left join {_STANDING} n on n.customer_id = d.customer_id and n.returns_id = d.id
        where d.returned_minor <> coalesce(n.minor, 0) or coalesce(n.minor, 0) > d.total_minor
        union all select n.customer_id, n.id from documents n
        join documents d on d.customer_id = n.customer_id and d.id = n.returns_id
        where n.currency <> d.currency
          or n.kind <> case d.kind when 'invoice' then 'credit_note' else 'refund_receipt' end""",  # noqa: S608
    ),
    Proof(
        "I11",
        "money that went back has not exactly one credit note of its amount",
        """
        select b.customer_id, b.id from (
          select customer_id, id, payment_id, of_credit_minor, 'refund' as source,
            case when state in ('pending','succeeded') and not of_correction then amount_minor else 0 end minor
          from refunds
          union all select customer_id, id, payment_id, of_credit_minor, 'dispute',
            case when state = 'lost' then amount_minor else 0 end
          from disputes) b
        join payments p on p.customer_id = b.customer_id and p.id = b.payment_id and not p.settled_before_documents
        left join (select customer_id, source_type, substr(source_id, 1, 30) source_id, sum(total_minor) minor
          from documents where state = 'issued' group by customer_id, source_type, substr(source_id, 1, 30)) n
          on n.customer_id = b.customer_id and n.source_type = b.source and n.source_id = b.id
        where coalesce(n.minor, 0) > b.minor
          or (coalesce(n.minor, 0) < b.minor - b.of_credit_minor
            and p.problem not in ('more_than_was_due','not_applied'))""",
    ),
    Proof(
        "I11",
        "what was more than was due did not go back first, without a credit note, or not all else has one",
        """
        select x.customer_id, x.row_id from (
          select p.customer_id, min(p.id) as row_id, sum(b.minor) back, sum(coalesce(n.minor, 0)) noted
          from payments p
          join (select customer_id, payment_id, sum(minor) minor from (
              select customer_id, payment_id, amount_minor minor from refunds
              where state in ('pending','succeeded') and not of_correction
              union all select customer_id, payment_id, amount_minor from disputes where state = 'lost') g
            group by customer_id, payment_id) b on b.customer_id = p.customer_id and b.payment_id = p.id
          left join (select customer_id, payment_id, sum(total_minor) minor from documents
            where state = 'issued' and returns_id is not null group by customer_id, payment_id) n
            on n.customer_id = p.customer_id and n.payment_id = p.id
          where p.problem = 'more_than_was_due' group by p.customer_id) x
        left join (select customer_id, sum(received_minor) minor,
            sum(case problem when 'more_than_was_due' then 1 else 0 end) payments
          from payments where purpose = 'invoice' group by customer_id) r on r.customer_id = x.customer_id
        left join (select customer_id, sum(paid_minor - taken_over_minor - credit_paid_minor) minor from documents
          where kind = 'invoice' and source_type <> 'payment' group by customer_id) d on d.customer_id = x.customer_id
        where x.back - x.noted > r.minor - coalesce(d.minor, 0)
          or (r.payments = 1 and x.noted > 0 and x.back - x.noted < r.minor - coalesce(d.minor, 0))""",
    ),
    Proof(
        "I9",
        "what invoices say was paid is not what was received for them",
        """
        select c.customer_id, c.customer_id as row_id from customers c
        left join (select customer_id, sum(paid_minor - taken_over_minor - credit_paid_minor) minor from documents
          where kind = 'invoice' and source_type <> 'payment' group by customer_id) d on d.customer_id = c.customer_id
        left join (select customer_id, sum(received_minor) minor from payments where purpose = 'invoice'
          group by customer_id) p on p.customer_id = c.customer_id
        where coalesce(d.minor, 0) <> coalesce(p.minor, 0) and not exists (
          select 1 from payments x where x.customer_id = c.customer_id and x.problem = 'more_than_was_due')""",
    ),
    Proof(
        "I9",
        "a payment names no invoice of its customer, or another amount than it could be for, or leaves it to be paid",
        """
        select p.customer_id, p.id from payments p
        left join documents d on d.customer_id = p.customer_id and d.id = p.document_id and d.kind = 'invoice'
        where p.purpose = 'invoice' and (d.id is null or d.number is null or d.currency <> p.currency
          or p.amount_minor > d.payable_minor + d.carried_minor)
        union all select p.customer_id, p.id from payments p
        join documents d on d.customer_id = p.customer_id and d.id = p.document_id
        where p.purpose = 'invoice' and d.state in ('open','uncollectible')
          and p.received_minor > 0 and p.received_minor >= p.amount_minor""",
    ),
    Proof(
        "I4",
        "what was used below zero and is on an invoice was not posted once with it, or not taken back when it was void",
        f"""
        select d.customer_id, d.id from documents d
        left join {_POSTED} t on t.customer_id = d.customer_id and t.source_id = d.id
        where d.number is not null and (
          coalesce(t.invoiced, 0) <> case d.source_type when 'correction' then 0 else d.overage_micros end
          or coalesce(t.returned, 0) <> case d.state when 'void' then d.overage_micros else 0 end
          or coalesce(t.given_back, 0) <> case d.state when 'void' then coalesce(t.applied, 0) else 0 end)
        union all select distinct t.customer_id, t.source_id from transfers t
        where t.source_type = 'document' and not exists (
          select 1 from documents d where d.customer_id = t.customer_id and d.id = t.source_id
            and d.number is not null)""",  # noqa: S608
    ),
    Proof(
        "I24",
        "a billing period has two invoices, or one before it was over",
        """
        select d.customer_id, min(d.id) as row_id from documents d
        where d.source_type = 'period' and d.state not in ('void','draft')
        group by d.customer_id, d.period_number having count(*) > 1
        union all select d.customer_id, d.id from documents d
        left join billing_periods p on p.customer_id = d.customer_id and p.number = d.period_number
        where d.source_type = 'period' and (p.closed_at is null or p.ends_at > d.issued_at)""",
    ),
    Proof(
        "I24",
        "two interim invoices of a customer are open, or one was written after another of its period was voided",
        """
        select d.customer_id, min(d.id) as row_id from documents d
        where d.source_type = 'interim' and d.state = 'open' group by d.customer_id having count(*) > 1
        union all select d.customer_id, d.id from documents d
        join documents v on v.customer_id = d.customer_id and v.period_number = d.period_number
          and v.source_type = 'interim' and v.state = 'void' and v.voided_at < d.issued_at
        where d.source_type = 'interim'""",
    ),
    Proof(
        "I24",
        "an invoice that is carried over is not collected once with a later one, or was paid without it",
        """
        select d.customer_id, d.id from documents d
        left join documents t on t.customer_id = d.customer_id and t.id = d.carried_to_id
        where d.carried_to_id is not null and (t.id is null or t.currency <> d.currency or t.id = d.id
          or (t.state = 'void' and d.state <> 'paid') or (t.state = 'paid' and d.state = 'open')
          or (t.state = 'uncollectible' and d.state = 'open'))
        union all select d.customer_id, d.id from documents d
        where d.credited_minor > d.returned_minor""",
    ),
    Proof(
        "I26",
        "a correction has not one credit note of all of its invoice, and one invoice in its place for the same payment",
        """
        select k.customer_id, k.id from corrections k
        left join documents d on d.customer_id = k.customer_id and d.id = k.corrected_id
        left join documents n on n.customer_id = k.customer_id and n.id = k.credit_note_id
        left join documents r on r.customer_id = k.customer_id and r.id = k.replacement_id
        where d.id is null or n.id is null or r.id is null
          or (d.kind, n.kind, r.kind, n.state) <> ('invoice', 'credit_note', 'invoice', 'issued')
          or n.returns_id <> d.id or n.total_minor <> d.total_minor or d.returned_minor <> d.total_minor
          or coalesce(r.payment_id, '') <> coalesce(d.payment_id, '') or r.currency <> d.currency
          or d.state <> 'paid' or r.credits_applied_minor <> d.credits_applied_minor
          or n.credits_applied_minor <> d.credits_applied_minor or n.taken_over_minor <> d.paid_minor
          or d.paid_minor - r.taken_over_minor <> k.difference_minor or r.paid_minor < r.taken_over_minor
          or (d.payment_id is not null and k.payment_id is null) or (k.payment_id is not null and not exists (
            select 1 from payments p where p.customer_id = k.customer_id and p.id = k.payment_id
              and (p.id = d.payment_id or p.purpose = 'invoice')))
          or r.overage_micros <> case when d.credited_minor > 0 then d.overage_micros else 0 end
        union all select d.customer_id, d.id from documents d where d.source_type = 'correction' and not exists (
          select 1 from corrections k where k.customer_id = d.customer_id and k.id = d.source_id
            and d.id in (k.credit_note_id, k.replacement_id))
        union all select d.customer_id, d.id from documents d
        where d.taken_over_minor > 0 and d.source_type <> 'correction'""",
    ),
    Proof(
        "I11",
        "tax that corrections have found too much is not what the payment says, or not what goes back",
        """
        select p.customer_id, p.id from payments p
        left join (select customer_id, payment_id, sum(difference_minor) minor from corrections
          group by customer_id, payment_id) k on k.customer_id = p.customer_id and k.payment_id = p.id
        where p.corrected_minor <> coalesce(k.minor, 0)
        union all select k.customer_id, k.id from corrections k
        left join refunds r on r.customer_id = k.customer_id and r.id = k.refund_id
        where k.difference_minor > 0 and (r.id is null or not r.of_correction or r.payment_id <> k.payment_id
          or r.amount_minor <> k.difference_minor)
        union all select r.customer_id, r.id from refunds r
        where r.of_correction and r.state in ('created','pending','succeeded') and not exists (
          select 1 from corrections k where k.customer_id = r.customer_id and k.refund_id = r.id)""",
    ),
)
