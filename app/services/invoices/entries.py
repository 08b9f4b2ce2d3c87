"""What a statement of account lists, put together in SQL: documents, credit that paid them, and money that moved.

Documents raise and lower what is to be paid; money is the ledger's own, wherever it touches the processor's account, so
that the two come from different rows and agree only where both are right. A payment from before documents stands
beside an entry of its own amount, for what it bought.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    FromClause,
    Select,
    String,
    and_,
    case,
    cast,
    func,
    literal_column,
    null,
    select,
    tuple_,
    union_all,
)

from app.domain.bank_transfers.cash import MovementKind
from app.domain.invoices.period_sums import per_minor
from app.domain.ledger import CREDIT_PAYMENT, CREDIT_RETURNED, INVOICE_ID
from app.domain.methods import Rail
from app.models.bank_transfers import CashMovement
from app.models.database import constant
from app.models.documents import Document
from app.models.ledger import Transfer
from app.models.payments import Payment
from app.models.reversals import Dispute, Refund

PROCESSOR = "processor"
"""The ledger's account of money that is at the processor: what left it for another one has come in."""
ISSUED, APPLIED, VOIDED, SALE, MONEY = range(5)
"""In which order the entries of one moment stand: a document before the payment that settles it."""
FREED, KEPT = "payment_freed", "refund_kept"
"""Both sides of a refund of what was paid by bank transfer: it is sent to no bank."""
Place = tuple[datetime, int, str]
"""Moment, order and id: behind which entry to go on."""
Condition = ColumnElement[bool]


@dataclass(frozen=True)
class Source:
    """Where entries come from: their order, moment and id, and the statement."""

    order: int
    at: ColumnElement[datetime] | Any
    id: ColumnElement[str] | Any
    wanted: Select[Any]

    def behind(self, place: Place) -> Condition:
        """Select what stands behind the place."""
        at, order, name = place
        if self.order != order:
            return self.at >= at if self.order > order else self.at > at
        return tuple_(self.at, self.id) > (at, name)


def between(customer_id: str, unit: str, begins: datetime, ends: datetime) -> FromClause:
    """Return all entries of the moments, in no order, to be added up."""
    found = [each.wanted.where(each.at >= begins, each.at < ends) for each in _sources(customer_id, unit)]
    return union_all(*found).subquery("entries")


def behind(
    customer_id: str, unit: str, begins: datetime, ends: datetime, place: Place | None, limit: int
) -> Select[Any]:
    """Return the first entries behind the place, in their order. Each source is read no further than that."""
    found = []
    for number, each in enumerate(_sources(customer_id, unit)):
        wanted = each.wanted.where(each.at >= begins, each.at < ends)
        if place is not None:
            wanted = wanted.where(each.behind(place))
        part = wanted.order_by(each.at, each.id).limit(limit).subquery(f"part_{number}")
        found.append(select(part))
    entries = union_all(*found).subquery("entries")
    return select(entries).order_by(entries.c.at, entries.c.place, entries.c.id).limit(limit)


def up_to(entries: FromClause, place: Place) -> Condition:
    """Select the entries up to the place, itself included."""
    at, order, name = place
    columns = entries.c
    return tuple_(columns.at, columns.place, columns.id) <= (at, order, name)


def _sources(customer_id: str, unit: str) -> Iterator[Source]:
    yield from _of_documents(customer_id)
    for account, sign in ((Transfer.debit_account, -1), (Transfer.credit_account, 1)):
        yield _money(customer_id, unit, account, sign)
        yield _before_documents(customer_id, unit, account, -sign)
    yield _credit_payments(customer_id, unit)


def _of_documents(customer_id: str) -> Iterator[Source]:
    sign = case((Document.kind.in_([constant("credit_note"), constant("refund_receipt")]), -1), else_=1)
    own = Document.customer_id == customer_id
    what: Callable[..., Select[Any]] = lambda *parts: _entry(  # noqa: E731  # three times the same columns
        *parts, number=Document.number, document=Document.id, kind=Document.kind, payment=Document.payment_id
    )
    issued = what(ISSUED, Document.issued_at, Document.id, Document.kind, sign * _to_settle())
    yield Source(ISSUED, Document.issued_at, Document.id, issued.where(own, Document.number.is_not(None)))
    voided = what(VOIDED, Document.voided_at, Document.id, constant("voided"), -sign * _left())
    yield Source(VOIDED, Document.voided_at, Document.id, voided.where(own, Document.voided_at.is_not(None)))
    applied = what(
        APPLIED, Document.issued_at, Document.id, constant("credits_applied"), -sign * Document.credits_applied_minor
    )
    yield Source(
        APPLIED,
        Document.issued_at,
        Document.id,
        applied.where(own, Document.number.is_not(None), Document.credits_applied_minor > constant(0)),
    )


def _credit_payments(customer_id: str, unit: str) -> Source:
    """Return what credit has paid of open invoices, and what of that came back from void ones."""
    is_back, minor = Transfer.kind == constant(CREDIT_RETURNED), Transfer.amount // per_minor(unit.partition(":")[2])
    wanted = _entry(
        APPLIED,
        Transfer.booked_at,
        Transfer.id,
        case((is_back, constant("credits_returned")), else_=constant("credits_applied")),
        case((is_back, minor), else_=-minor),
        number=Document.number,
        document=Document.id,
        kind=Document.kind,
        words=Transfer.description,
    )
    invoice = func.substr(Transfer.source_id, constant(1), constant(INVOICE_ID))
    paid = and_(Document.customer_id == Transfer.customer_id, Document.id == invoice)
    wanted = wanted.select_from(Transfer).outerjoin(Document, paid)
    of_credit = Transfer.source_type == constant(CREDIT_PAYMENT)
    return Source(
        APPLIED, Transfer.booked_at, Transfer.id, wanted.where(Transfer.customer_id == customer_id, of_credit)
    )


def _to_settle() -> ColumnElement[int]:
    """Return what a document asks for or returns, by credit and by money: its total, rounded as it is paid."""
    return Document.total_minor + Document.rounding_minor


def _left() -> ColumnElement[int]:
    """Return what a void document no longer asks for or returns: credit notes took the rest off before."""
    return Document.payable_minor - Document.credited_minor


def _money(customer_id: str, unit: str, account: Any, sign: int) -> Source:
    wanted = _entry(
        MONEY,
        Transfer.booked_at,
        Transfer.id,
        _moved_as(),
        sign * Transfer.amount,
        payment=Payment.id,
        words=Transfer.description,
    )
    movement = and_(
        CashMovement.customer_id == Transfer.customer_id,
        Transfer.source_type == constant("cash"),
        CashMovement.id == Transfer.source_id,
    )
    wanted = _with_payment(wanted).outerjoin(CashMovement, movement).where(_moved(customer_id, unit, account))
    return Source(MONEY, Transfer.booked_at, Transfer.id, wanted)


def _moved_as() -> ColumnElement[str]:
    """Return what moved the money: a refund that no bank has is two, back from the payment and kept for the next."""
    return case(
        (CashMovement.kind == constant(MovementKind.REFUNDED.value), constant(KEPT)),
        (
            and_(Transfer.kind == constant("money_refunded"), Payment.rail == constant(Rail.BANK_TRANSFER.value)),
            constant(FREED),
        ),
        else_=Transfer.kind,
    )


def _before_documents(customer_id: str, unit: str, account: Any, sign: int) -> Source:
    kind = case((Transfer.kind == constant("payment"), constant("sale")), else_=constant("sale_returned"))
    wanted = _entry(
        SALE,
        Transfer.booked_at,
        Transfer.id,
        kind,
        sign * Transfer.amount,
        payment=Payment.id,
        words=Transfer.description,
    )
    wanted = _with_payment(wanted).where(_moved(customer_id, unit, account), Payment.settled_before_documents)
    return Source(SALE, Transfer.booked_at, Transfer.id, wanted)


def _moved(customer_id: str, unit: str, account: Any) -> Condition:
    return and_(Transfer.customer_id == customer_id, account == constant(PROCESSOR), Transfer.unit == unit)


def _with_payment(wanted: Select[Any]) -> Select[Any]:
    """Join the payment that the money is of, itself or by its refund or dispute."""

    def of(model: type[Refund] | type[Dispute], word: str) -> Condition:
        return and_(
            model.customer_id == Transfer.customer_id,
            Transfer.source_type == constant(word),
            model.id == Transfer.source_id,
        )

    payment = func.coalesce(Refund.payment_id, Dispute.payment_id, Transfer.source_id)
    return (
        wanted.select_from(Transfer)
        .outerjoin(Refund, of(Refund, "refund"))
        .outerjoin(Dispute, of(Dispute, "dispute"))
        .outerjoin(Payment, and_(Payment.customer_id == Transfer.customer_id, Payment.id == payment))
    )


def _entry(
    order: int,
    at: Any,
    name: Any,
    what: Any,
    minor: Any,
    *,
    number: Any = None,
    document: Any = None,
    kind: Any = None,
    payment: Any = None,
    words: Any = None,
) -> Select[Any]:
    def text(column: Any) -> Any:
        return cast(null(), String) if column is None else column

    return select(
        at.label("at"),
        literal_column(str(order)).label("place"),
        name.label("id"),
        cast(what, String).label("what"),
        cast(minor, BigInteger).label("minor"),
        text(number).label("number"),
        text(document).label("document_id"),
        text(kind).label("kind"),
        text(payment).label("payment_id"),
        text(words).label("words"),
    )
