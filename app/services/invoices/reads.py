"""Documents as pages and the API show them, for the customer in scope: by keyset, the newest first."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Any

from sqlalchemy import Row, Select, case, or_, select, tuple_, union_all

from app.domain.errors import NotFound, ensure
from app.domain.invoices.documents import Kind, State
from app.models.corrections import Correction
from app.models.database import db
from app.models.documents import Document, DocumentLine, DocumentTax
from app.models.payments import Payment
from app.models.written import ExactMoment, moment_of
from app.services.invoices import carrying, payers

CHUNK = 2_000
MOST_DUE = 100
"""So many payments due are listed, the oldest first."""
Place = tuple[datetime, str]
WrittenDocument = Row[*tuple[Any, ...]]
"""What a file says of a document; its moments of issue and of payment exactly, in words."""
_FIGURES = (
    Document.id,
    ExactMoment(Document.issued_at).label("issued"),
    ExactMoment(Document.paid_at).label("paid"),
    Document.number,
    Document.kind,
    Document.state,
    Document.is_corrected,
    Document.due_on,
    Document.paid_with,
    Document.net_minor,
    Document.tax_minor,
    Document.total_minor,
    Document.rounding_minor,
    Document.returned_minor,
    Document.credited_minor,
    Document.currency,
)


@dataclass(frozen=True)
class DocumentQuery:
    """Which documents: of these kinds, in this state, with a text in their number or order number, of these days."""

    kinds: Collection[str] = ()
    """Only these; empty: all."""
    state: str = ""
    text: str = ""
    from_day: date | None = None
    to_day: date | None = None
    before: Place | None = None
    """Behind which place in the list."""
    limit: int = 25


@dataclass(frozen=True)
class DocumentPage:
    """Rows, the newest first, and the place behind which the next page begins."""

    rows: list[Document]
    older: Place | None


@dataclass(frozen=True)
class DocumentParts:
    """A document with its lines and taxes, the one that it returns a part of, and those that return parts of it."""

    document: Document
    lines: list[DocumentLine]
    taxes: list[DocumentTax]
    returns: Document | None
    returned_by: list[Document]
    replaces: Document | None = None
    """The invoice in whose place it is."""
    replaced_by: Document | None = None
    """The invoice in its place, or of a credit note in that of the invoice that it returns."""
    sold_on: date | None = None
    """The day of the sale, where it was corrected."""
    payment_id: str | None = None
    """The payment that bought it or has paid it."""


def listed(query: DocumentQuery) -> DocumentPage:
    """Return one page in one statement, as fast at any depth."""
    ensure(1 <= query.limit <= CHUNK, f"a page has 1 to {CHUNK} rows")
    is_plain = query == DocumentQuery(kinds=query.kinds, limit=query.limit)
    wanted = _newest(tuple(query.kinds), query.limit) if is_plain else _matching(query, query.limit + 1)
    rows = list(db.session.scalars(wanted))
    more, rows = len(rows) > query.limit, rows[: query.limit]
    return DocumentPage(rows, _place(rows[-1]) if more else None)


def due() -> list[Document]:
    """Return the invoices that are to be paid, the oldest first."""
    return list(
        db.session.scalars(
            select(Document)
            .where(Document.kind == Kind.INVOICE.value, Document.state == State.OPEN.value)
            .order_by(Document.issued_at, Document.id)
            .limit(MOST_DUE)
        )
    )


def one(document_id: str) -> DocumentParts:
    """Return a document that has a number, with all that stands on it, or `NotFound`."""
    document = head(document_id)
    related = db.session.scalars(
        select(Document)
        .where(or_(Document.returns_id == document.id, Document.id == (document.returns_id or "")))
        .order_by(Document.issued_at, Document.id)
    ).all()
    lines = select(DocumentLine).where(DocumentLine.document_id == document.id).order_by(DocumentLine.place)
    taxes = select(DocumentTax).where(DocumentTax.document_id == document.id)
    other = case((Correction.replacement_id == document.id, Correction.corrected_id), else_=Correction.replacement_id)
    names = (Correction.corrected_id, Correction.credit_note_id, Correction.replacement_id)
    corrections = db.session.execute(
        select(Correction, Document)
        .join(Document, (Document.customer_id == Correction.customer_id) & (Document.id == other))
        .where(or_(*(each == document.id for each in names)))
    ).all()
    return DocumentParts(
        document,
        list(db.session.scalars(lines)),
        list(db.session.scalars(taxes.order_by(DocumentTax.category, DocumentTax.percent_micros))),
        next((each for each in related if each.id == document.returns_id), None),
        [each for each in related if each.returns_id == document.id],
        next((each for made, each in corrections if made.replacement_id == document.id), None),
        next((each for made, each in corrections if made.replacement_id != document.id), None),
        next((made.sold_on for made, _each in corrections if made.replacement_id == document.id), None),
        payments_of([document]).get(document.id, document.payment_id),
    )


def payments_of(documents: Sequence[Document], *, with_bought: bool = True) -> dict[str, str]:
    """Return the payment of each document that one bought or has paid, also together with a later invoice.

    Without those that bought it is the last payment that came for an invoice while it was open.
    """
    found = {each.id: each.payment_id for each in documents if each.payment_id and with_bought}
    with_others = {each.id: each.carried_to_id or each.id for each in documents if carrying.by_money(each) > 0}
    wanted = {each: by for each, by in with_others.items() if each not in found}
    others = [each for each in documents if each.id not in {*found, *wanted} and each.taken_over_minor]
    found |= _taken_over(others, with_bought=with_bought)
    if not wanted:
        return found
    by_them = (
        select(Payment.document_id, Payment.id)
        .where(Payment.document_id.in_(wanted.values()), Payment.received_minor > 0)
        .order_by(Payment.created_at, Payment.id)
    )
    payments = {document: payment for document, payment in db.session.execute(by_them) if document}
    return found | {each: payments[by] for each, by in wanted.items() if by in payments}


def _taken_over(documents: Sequence[Document], *, with_bought: bool) -> dict[str, str]:
    """Return the payment of each document that is paid by what it has taken over from the one that it corrects."""
    if not documents:
        return {}
    found = {
        name: each.payment_id  # the last of them
        for name, paid_by in payers.of_each(documents).items()
        for each in paid_by
        if each.payment_id and (with_bought or each.has_receipt)
    }
    after = {each.id for each in documents if each.kind == Kind.CREDIT_NOTE.value}
    if not after:
        return found
    rows = db.session.execute(
        select(Correction.credit_note_id, Document)
        .join(Document, (Document.customer_id == Correction.customer_id) & (Document.id == Correction.corrected_id))
        .where(Correction.credit_note_id.in_(after))
    ).all()
    payments = payments_of([before for _note, before in rows], with_bought=with_bought)
    return found | {note: payments[before.id] for note, before in rows if before.id in payments}


def head(document_id: str) -> Document:
    """Return a document that has a number without its parts, or `NotFound`."""
    wanted = select(Document).where(Document.id == document_id, Document.number.is_not(None))
    document = db.session.scalars(wanted).one_or_none()
    if document is None:
        raise NotFound("invoice")
    return document


def written(query: DocumentQuery) -> Iterator[Sequence[WrittenDocument]]:
    """Yield every document that matches as a file says it, by chunks."""
    place = query.before
    while True:
        wanted = _matching(replace(query, before=place), CHUNK).with_only_columns(*_FIGURES)
        rows = db.session.execute(wanted).all()
        yield rows
        if len(rows) < CHUNK:
            return
        place = moment_of(rows[-1].issued), rows[-1].id


def export(query: DocumentQuery) -> Iterator[Document]:
    """Yield every document that matches, read in chunks."""
    place = query.before
    while True:
        page = listed(replace(query, before=place, limit=CHUNK))
        yield from page.rows
        if page.older is None:
            return
        place = page.older
        db.session.expunge_all()


@lru_cache(maxsize=16)
def _newest(kinds: tuple[str, ...], limit: int) -> Select[Document]:
    """Return the statement of a first page without a filter: put together once, for that takes as long as to run it."""
    return _matching(DocumentQuery(kinds=kinds, limit=limit), limit + 1)


def _matching(query: DocumentQuery, limit: int) -> Select[Document]:
    """Ask for the newest that match. Kinds are read each by itself, so that no other kind between them is."""
    if len(query.kinds) < 2:
        return _of_kind(select(Document), query, *query.kinds).limit(limit)
    parts = [_of_kind(select(Document.id), query, kind).limit(limit).subquery(kind) for kind in sorted(query.kinds)]
    found = select(Document).where(Document.id.in_(union_all(*(select(part.c.id) for part in parts))))
    return found.order_by(Document.issued_at.desc(), Document.id.desc()).limit(limit)


def _of_kind(wanted: Select[Any], query: DocumentQuery, kind: str = "") -> Select[Any]:
    wanted = wanted.where(Document.number.is_not(None))
    if kind:
        wanted = wanted.where(Document.kind == kind)
    if query.state:
        wanted = wanted.where(Document.state == query.state)
    if query.text:
        columns = (Document.number, Document.po_number)
        wanted = wanted.where(or_(*(each.icontains(query.text, autoescape=True) for each in columns)))
    if query.from_day:
        wanted = wanted.where(Document.issued_at >= datetime.combine(query.from_day, time(), UTC))
    if query.to_day:
        wanted = wanted.where(Document.issued_at < datetime.combine(query.to_day, time(), UTC) + timedelta(days=1))
    if query.before is not None:  # as one value: `<` or `=` and `<` is read from the newest on, at any depth
        wanted = wanted.where(tuple_(Document.issued_at, Document.id) < query.before)
    return wanted.order_by(Document.issued_at.desc(), Document.id.desc())


def _place(document: Document) -> Place:
    ensure(document.issued_at is not None, f"{document.id} is a draft")
    return document.issued_at, document.id  # type: ignore[return-value]  # said above
