"""Many customers at once, whose month brings the plan alone or nothing: read by batches, written by batches.

Whoever has usage to invoice, credit that pays, or anything that changes the plan is run by itself. What comes of both
is the same, and a test compares.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import groupby

from sqlalchemy import and_, exists, func, select
from sqlalchemy.orm import Session

from app.domain.catalog import Catalog
from app.domain.invoices.documents import Kind, State
from app.domain.invoices.period_sums import PeriodSums, reckoned
from app.domain.language import of_documents
from app.domain.ledger import CREDITS
from app.domain.money import Money
from app.domain.subscriptions.choice import Choice, Interval, given
from app.domain.subscriptions.fees import fees
from app.domain.subscriptions.proration import Span, plan_period
from app.domain.tax import decision as rule
from app.domain.tax.decision import Buyer
from app.domain.tax.treatment import Treatment
from app.models.customers import BillingPeriod, Customer
from app.models.documents import Document, DocumentLine, DocumentTax
from app.models.events import OutboxEvent
from app.models.invoicing import InvoiceAddress, InvoiceRecipient
from app.models.ledger import Account, Transfer
from app.models.plan_periods import PeriodRun, PlanPeriod, PriceChange
from app.models.subscriptions import PlanChange, Subscription
from app.services import wake_ups
from app.services.catalog import versions
from app.services.customers import billing_periods
from app.services.invoices import carrying, drafting, finalization, numbering
from app.services.ledger import spending
from app.services.month_end import batch_rows, renewal
from app.services.receivables import closing
from app.services.tax import decision


@dataclass
class _Plain:
    """A customer whose month brings the plan alone, or nothing."""

    customer: Customer
    row: Subscription
    ended: BillingPeriod
    catalog: Catalog
    document: Document | None = None

    @property
    def choice(self) -> Choice:
        """What it has."""
        return given(self.catalog, self.customer.plan, Interval(self.row.interval), self.row.seats)


@dataclass(frozen=True)
class _Bill:
    """What a plan period costs that begins."""

    of: _Plain
    span: Span
    treatment: Treatment
    sums: PeriodSums


def run(session: Session, customer_ids: Sequence[str], now: datetime) -> int:
    """Run the month of those who can be run together, in the caller's transaction; return how many."""
    locked = spending.lock(session, customer_ids, skip_locked=True)
    posted = [each for each, row in locked.items() if not row.unposted_micros]
    found = _plain(session, posted, now)
    if not found:
        return 0
    names = [each.customer.customer_id for each in found]
    billing_periods.roll_together(session, names, now)
    following = {
        (row.customer_id, row.number): row
        for row in session.scalars(select(BillingPeriod).where(BillingPeriod.customer_id.in_(names)))
    }
    buyers, bills = decision.buyers(session, names), list[_Bill]()
    for each in found:
        bill = _renewed(each, buyers[each.customer.customer_id])
        bills += [bill] if bill is not None else []
    _write(session, bills, now)
    for each in found:
        row, document = each.row, each.document
        session.add(
            PeriodRun(
                customer_id=row.customer_id,
                number=row.run_number,
                ran_at=now,
                document_id=document.id if document is not None else None,
            )
        )
        opened = following[row.customer_id, row.run_number + 1]
        row.run_number, row.run_at = opened.number, opened.ends_at
    return len(found)


def _plain(session: Session, customer_ids: Sequence[str], now: datetime) -> list[_Plain]:
    """Lock those who can be run together, and return them."""
    mine = Customer.customer_id
    waits = (
        exists().where(PlanChange.customer_id == mine, PlanChange.state == "scheduled"),
        exists().where(PriceChange.customer_id == mine, PriceChange.state == "announced"),
        exists().where(InvoiceRecipient.customer_id == mine),
        exists().where(
            Document.customer_id == mine, Document.state == State.OPEN.value, Document.due_on.is_(None)
        ),  # too small for a charge: the next one collects it
        exists().where(
            Document.customer_id == mine,
            Document.source_type == closing.SOURCE,
            Document.period_number == Subscription.run_number,
        ),
    )
    used = exists().where(
        Transfer.customer_id == mine, Transfer.kind == "usage", Transfer.booked_at >= BillingPeriod.starts_at
    )
    session.execute(
        select(Customer.customer_id)
        .where(mine.in_(customer_ids))
        .order_by(mine)
        .with_for_update(key_share=True, of=Customer)
    )
    rows = session.execute(
        select(Customer, Subscription, BillingPeriod, Account.balance, used)
        .join(Subscription, Subscription.customer_id == mine)
        .join(
            BillingPeriod,
            and_(BillingPeriod.customer_id == mine, BillingPeriod.number == Subscription.run_number),
        )
        .join(Account, and_(Account.customer_id == mine, Account.name == CREDITS))
        .where(
            mine.in_(customer_ids),
            Customer.standing.in_(("good", "past_due")),
            Customer.po_required.is_(False),
            Subscription.run_at <= now,
            Subscription.run_number > 0,
            Subscription.cancel_at.is_(None),
            *(~each for each in waits),
        )
        .order_by(Customer.catalog, Customer.catalog_version, mine)
        .with_for_update(of=Subscription)
        .execution_options(populate_existing=True)
    ).all()
    found, catalogs = list[_Plain](), dict[tuple[str, int], Catalog]()
    for customer, row, ended, balance, has_used in rows:
        key = (customer.catalog, customer.catalog_version)
        catalog = catalogs.setdefault(key, versions.of(customer)) if key not in catalogs else catalogs[key]
        late = plan_period(ended.ends_at, ended.anchor_day, Interval.MONTHLY).ends_at <= now
        each = _Plain(customer, row, ended, catalog)
        if not late and _has_nothing_else(each, balance, has_used=has_used):
            found.append(each)
    return found


def _has_nothing_else(each: _Plain, balance: int, *, has_used: bool) -> bool:
    """Say whether no usage goes on the invoice, and no credit pays it."""
    if each.customer.credit_unit != each.customer.currency:
        return True
    if each.catalog.tax.credits == "at_use":
        return not has_used and (balance == 0 or each.choice.price.amount_minor == 0)
    return balance >= 0


def _renewed(each: _Plain, buyer: Buyer) -> _Bill | None:
    """Let the next plan period begin where one is over; return what is to be billed."""
    row, at = each.row, each.ended.ends_at
    if row.period_ends_at > at:
        return None
    choice = each.choice
    span = plan_period(at, each.ended.anchor_day, choice.interval)
    row.period_number += 1
    row.period_starts_at, row.period_ends_at = span.starts_at, span.ends_at
    row.version += 1
    if not choice.price.amount_minor:
        row.billed_until = span.ends_at
        return None
    treatment = rule.decide(each.catalog.seller, each.catalog.tax, buyer, at.astimezone(UTC).date())
    rate = drafting.rate_of(treatment)
    inclusive = each.catalog.tax.prices == "inclusive"
    with of_documents(each.customer.language):
        lines = fees(choice, span, rate)
    sums = reckoned([], 0, 0, rate, choice.currency, inclusive=inclusive, bought=0, fees=lines)
    row.billed_until = span.ends_at
    return _Bill(each, span, treatment, sums) if sums is not None else None


def _write(session: Session, bills: Sequence[_Bill], now: datetime) -> None:
    """Write the invoices, and all that is written with them."""
    if not bills:
        return
    names = [bill.of.customer.customer_id for bill in bills]
    addresses = {
        row.customer_id: row
        for row in session.scalars(select(InvoiceAddress).where(InvoiceAddress.customer_id.in_(names)))
    }
    parts = list[object]()
    for bill in bills:
        number, customer = bill.of.row.run_number, bill.of.customer
        source = drafting.Source(closing.SOURCE, f"{number}:1", period_number=number)
        new = drafting.rows(
            *(customer, bill.of.catalog, Kind.INVOICE, source, bill.sums.fees, bill.sums.totals, [bill.treatment]),
            drafting.buyer(addresses.get(customer.customer_id)),
        )
        bill.of.document = Document(**new["new_documents"][0])
        if carrying.is_chargeable(bill.of.document.payable_minor, bill.of.document.currency):
            days = bill.of.catalog.invoices.due_days
            bill.of.document.due_on = now.astimezone(UTC).date() + timedelta(days=days)
        session.add(bill.of.document)
        parts += [DocumentLine(**each) for each in new["new_document_lines"]]
        parts += [DocumentTax(**each) for each in new["new_document_taxes"]]
    session.flush()
    session.add_all(parts)
    session.flush()
    drafts = [bill.of.document for bill in bills if bill.of.document is not None]
    for _series, group in groupby(drafts, key=lambda each: (each.catalog, each.prefix)):
        numbering.finalize_many(session, list(group), State.OPEN, now)
    _report(session, bills, now)


def _report(session: Session, bills: Sequence[_Bill], now: datetime) -> None:
    """Write events, audit trail and mails, and keep the plan periods."""
    names = [bill.of.customer.customer_id for bill in bills]
    last = select(OutboxEvent.customer_id, func.max(OutboxEvent.sequence)).where(OutboxEvent.customer_id.in_(names))
    sequences = {row[0]: int(row[1]) for row in session.execute(last.group_by(OutboxEvent.customer_id))}
    for bill in bills:
        each, document = bill.of, bill.of.document
        if document is None:
            continue
        renewed = renewal.facts_of(each.row, each.choice, each.customer.catalog_version, document)
        place = sequences.get(each.customer.customer_id) or 0
        events = (
            ("invoice.finalized", document.id, finalization.facts_of(document)),
            ("subscription.renewed", f"{each.row.id}:{each.row.period_number}", renewed),
        )
        for sequence, (name, source_id, facts) in enumerate(events, place + 1):
            session.add(batch_rows.event(each.customer, name, source_id, facts, sequence, now))
        session.add_all(
            [
                batch_rows.audited(each.customer, "invoice.finalized", document.id, {"number": document.number}, now),
                batch_rows.audited(each.customer, "subscription.renewed", each.row.id, renewed, now),
                batch_rows.mail(each.customer, document, now),
                _kept(bill, document),
            ]
        )
    session.flush()
    for name in ("events_spread", "mails_sent"):
        wake_ups.after_commit(session, name)


def _kept(bill: _Bill, document: Document) -> PlanPeriod:
    row, choice = bill.of.row, bill.of.choice
    whole = sum(
        (line.net for line in fees(choice, bill.span, drafting.rate_of(bill.treatment))), Money(0, choice.currency)
    )
    return PlanPeriod(
        customer_id=row.customer_id,
        number=row.period_number,
        starts_at=bill.span.starts_at,
        ends_at=bill.span.ends_at,
        plan=choice.plan.key,
        catalog_version=bill.of.customer.catalog_version,
        interval=row.interval,
        seats=choice.seats,
        currency=choice.currency,
        price_minor=whole.amount_minor,
        outcome="billed",
        document_id=document.id,
    )
