"""Give the rest of a plan back as credit, where less is had at once: what of its paid invoices is not used.

Where credit is taxed when it is used, a credit note takes price and tax off, and the credit is both: money on account.
Where credit was taxed when it was bought, the tax stays paid: the credit is the price, and nothing is written.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from math import ceil

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain.amounts_in_json import credits_text
from app.domain.catalog import Catalog
from app.domain.errors import Refused
from app.domain.invoices.documents import Kind, State
from app.domain.invoices.lines import OF_PLANS
from app.domain.invoices.totals import Taxed
from app.domain.language import _
from app.domain.money import Money, credits_from_money
from app.domain.subscriptions.preview import Preview, TaxBack
from app.domain.tax.prices import Price
from app.models.customers import Customer
from app.models.documents import Document, DocumentLine, DocumentTax
from app.models.ledger import Grant
from app.models.payments import Payment
from app.models.subscriptions import PlanChange
from app.services import audit
from app.services.invoices import carrying, credit_notes, drafting
from app.services.ledger import arrivals, grants
from app.services.ledger.posting import Books
from app.services.reversals import clawbacks, taken_off
from app.services.subscriptions.reads import Current

KIND = "proration"
WHY = "Unused time of the plan"


@dataclass(frozen=True)
class Part:
    """What of one paid invoice is given back, and which payments of it are then refunded no more."""

    document: Document
    taxed: tuple[Taxed, ...]
    payments: tuple[tuple[Payment, int], ...]

    @property
    def price(self) -> Price:
        """All of it: before tax, its tax, and both."""
        return _price(self.taxed, self.document.currency)


def planned(session: Session, customer: Customer, catalog: Catalog, size: Money, day: date) -> list[Part] | None:
    """Return how `size`, as the catalog lists prices, is taken off what was paid for time from that day on.

    The newest invoice first. None: not so much of them is paid and left, or credit is not counted in money.
    """
    if customer.credit_unit != customer.currency:
        return None
    is_net, rest = catalog.tax.prices == "exclusive", size.amount_minor
    parts, left, over = list[Part](), dict[str, int](), Fraction(0)
    for document in _invoices(session, customer.customer_id, day):
        payers = carrying.payers(session, document)
        left = {each.id: clawbacks.left_of(each) for each in payers} | left
        worth = over + _unused_worth(session, document, day)
        over = max(Fraction(0), worth - document.total_minor)
        room = _room(session, document, sum(left[each.id] for each in payers), worth)
        if room <= 0 or rest <= 0:
            continue
        taxed = credit_notes.parts_of(session, document, Money(room, document.currency), is_net=False)
        whole = _price(taxed, document.currency)
        part = min(rest, (whole.net if is_net else whole.total).amount_minor)
        if part:
            taxed = credit_notes.parts_of(session, document, Money(part, document.currency), is_net=is_net)
            total = _price(taxed, document.currency).total
            parts.append(Part(document, taxed, _taken(payers, left, total.amount_minor)))
            rest -= part
    return None if rest else parts


def price_of(parts: Sequence[Part], catalog: Catalog) -> Price:
    """Return what is given back, below zero: with its tax where a credit note says so."""
    (currency,) = {each.price.net.currency for each in parts}
    net, tax = (-sum(getattr(each.price, name).amount_minor for each in parts) for name in ("net", "tax"))
    return Price(Money(net, currency), Money(tax if _is_noted(catalog) else 0, currency))


def taxes_of(session: Session, parts: Sequence[Part], catalog: Catalog) -> tuple[TaxBack, ...]:
    """Return each tax in what is given back, as its invoices name it; none where the tax stays paid."""
    if not _is_noted(catalog):
        return ()
    of_invoices = DocumentTax.document_id.in_([each.document.id for each in parts])
    rows = session.scalars(select(DocumentTax).where(of_invoices)).all()
    names = {(each.document_id, each.category, each.percent_micros): each.name for each in rows}
    found = dict[tuple[str, Decimal], Money]()
    for part in parts:
        for each in part.taxed:
            rate, zero = each.rate, Money(0, each.tax.currency)
            name = names.get((part.document.id, rate.category, drafting.percent_micros(rate.percent)), "Tax")
            if each.tax.amount_minor:
                found[name, rate.percent] = found.get((name, rate.percent), zero) - each.tax
    return tuple(TaxBack(*key, found[key]) for key in sorted(found))


def lock(session: Session, customer_id: str, now: datetime) -> frozenset[str]:
    """Lock what has paid the plan, before the customer's books: it is given back, or taken off; return the ids."""
    invoices = _invoices(session, customer_id, now.date())
    found = {each.id for document in invoices for each in carrying.payers(session, document)}
    for payment_id in sorted(found):
        clawbacks.locked(session, payment_id)
    return frozenset(found)


def of_preview(session: Session, has: Current, seen: Preview, locked: Collection[str]) -> list[Part]:
    """Return what is given back by a preview that was just reckoned, of payments that were locked before the books."""
    if not seen.given.amount_minor:
        return []
    size = Money(-seen.quote.net.amount_minor, seen.quote.net.currency)
    parts = planned(session, has.customer, has.catalog, size, seen.quote.at.date()) or []
    if {payment.id for part in parts for payment, _minor in part.payments} - set(locked):
        raise Refused(
            _("It was paid otherwise meanwhile. Nothing was charged or changed. Look at it again."), "preview_gone_by"
        )
    return parts


def give(books: Books, catalog: Catalog, parts: Sequence[Part], order: PlanChange, now: datetime) -> None:
    """Write the credit notes and give the credit; what was given is refunded no more."""
    notes = list[Document]()
    for part in parts if _is_noted(catalog) else ():
        source = (order_source(order, len(notes)), WHY)
        note = credit_notes.write_on(
            books, part.document, ("plan_change", *source), part.price.total, now, as_credit=True
        )
        notes.append(note)
    for part in parts:
        size = part.price.total if _is_noted(catalog) else part.price.net
        micros = credits_from_money(size).micros
        for payment, minor in part.payments:
            clawbacks.count_as_credit(payment, minor, micros * minor // part.price.total.amount_minor)
            payment.updated_at = now
    order.document_id = notes[0].id if notes else None
    order.grant_id = _granted(books, order, now).id
    arrivals.came(books, now)


def order_source(order: PlanChange, before: int) -> str:
    """Return what a credit note of the order is named by: its id, and from the second on the place."""
    return f"{order.id}:{before + 1}" if before else order.id


def _granted(books: Books, order: PlanChange, now: datetime) -> Grant:
    credit = credits_from_money(Money(-order.total_minor, order.currency))
    grant = grants.add(
        books, kind=KIND, credits=credit, now=now, description=WHY, granted_by=order.created_by, reason=WHY
    )
    facts = {"grant": grant.id, "change": order.id, "credits": credits_text(credit)}
    books.outbox.write("credits.granted", grant.id, {**facts, "credit_unit": books.customer.credit_unit})
    after = {"kind": KIND, "credits_micros": credit.micros, "reason": WHY, "change": order.id}
    audit.record(books.session, books.customer_id, order.created_by, "grant.given", grant.id, after=after)
    return grant


def _is_noted(catalog: Catalog) -> bool:
    """Say whether credit notes take price and tax off what is given back."""
    return catalog.tax.credits == "at_use"


def _invoices(session: Session, customer_id: str, day: date) -> Sequence[Document]:
    """Return the paid invoices of a plan for time that is not over on that day, the newest first."""
    covers = (
        select(DocumentLine.document_id)
        .where(
            DocumentLine.customer_id == Document.customer_id,
            DocumentLine.document_id == Document.id,
            DocumentLine.kind.in_(OF_PLANS),
            DocumentLine.ends_on >= day,
        )
        .exists()
    )
    return session.scalars(
        select(Document)
        .where(
            Document.customer_id == customer_id,
            Document.kind == Kind.INVOICE.value,
            Document.state == State.PAID.value,
            Document.is_corrected.is_(False),
            covers,
        )
        .order_by(Document.issued_at.desc(), Document.id.desc())
        .execution_options(populate_existing=True)
    ).all()


def crosses_rates(session: Session, has: Current, day: date) -> bool:
    """Say whether a change took time off that had borne another tax, of time that is not over on that day.

    Then an invoice is smaller or larger by that tax than its time, and does not say what goes back of it. Where the tax
    stays paid nothing says how much of which: then it is enough that there are several.
    """
    customer_id = has.customer.customer_id
    names = [each.id for each in _invoices(session, customer_id, day)]
    lines = session.execute(
        select(DocumentLine.net_minor, DocumentLine.percent_micros).where(
            DocumentLine.customer_id == customer_id,
            DocumentLine.document_id.in_(names),
            DocumentLine.kind.in_(OF_PLANS),
        )
    ).all()
    took_off = any(net < 0 for net, _percent in lines) or not _is_noted(has.catalog)
    return took_off and len({percent for _net, percent in lines}) > 1


def _room(session: Session, document: Document, left: int, worth: Fraction) -> int:
    """Return how much of the invoice may be given back: of time that is not over, and not what went back."""
    of_plan = min(document.total_minor, ceil(worth))
    return min(of_plan, document.total_minor - document.returned_minor, carrying.from_credit(session, document) + left)


def _unused_worth(session: Session, document: Document, day: date) -> Fraction:
    """Return what its time of the plan that is not over is worth, with its tax: a bound, and no price.

    All of the day counts as not over, and each line may be rounded. It may be more than the invoice, where time of an
    older one was taken off it: the rest was paid with that one.
    """
    lines = taken_off.plan_lines(session, document)
    net = sum((each.net_minor * _unused(each, day) for each in lines), Fraction(0))
    return max(Fraction(0), net) * Fraction(document.total_minor, max(1, document.net_minor)) + len(lines)


def _unused(line: DocumentLine, day: date) -> Fraction:
    """Return the share of the line's days that is not over: at least, for it may have begun late on its first day."""
    if line.begins_on is None or line.ends_on is None:
        return Fraction(1)
    days = max(1, (line.ends_on - line.begins_on).days)
    return Fraction(max(0, min(days, (line.ends_on - day).days + 1)), days)


def _price(taxed: Sequence[Taxed], currency: str) -> Price:
    zero = Money(0, currency)
    return Price(sum((each.net for each in taxed), zero), sum((each.tax for each in taxed), zero))


def _taken(payers: Sequence[Payment], left: dict[str, int], minor: int) -> tuple[tuple[Payment, int], ...]:
    """Take so much off what is left of the payments, the newest first; the rest was paid by credit."""
    found = []
    for payment in payers:
        part = min(minor, left[payment.id])
        if part > 0:
            found.append((payment, part))
            left[payment.id] -= part
            minor -= part
    return tuple(found)
