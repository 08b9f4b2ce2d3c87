"""Credit that comes while invoices are open pays them at once: the oldest first, as far as it goes.

Where the catalog has credit pay invoices (`tax.credits = "at_use"`, `invoices.credits_first`), as it does when they are
written. Bought credit alone does: credit given away is a discount before tax. docs/decisions/0045 says what holds when
the process dies.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Select, and_, bindparam, case, exists, func, select
from sqlalchemy.orm import Session

from app.domain import processor_amounts
from app.domain.amounts_in_json import credits_text
from app.domain.catalog import Catalog
from app.domain.grants import BOUGHT_KINDS
from app.domain.invoices.documents import Kind, State
from app.domain.invoices.period_sums import per_minor
from app.domain.ledger import CREDIT_APPLIED, CREDIT_PAYMENT, CREDIT_RETURNED, CREDITS, Posting
from app.domain.mails import PAID_FROM_CREDIT
from app.domain.money import MICROS, Money, credits_from_money
from app.models.catalogs import CatalogVersion
from app.models.customers import Customer
from app.models.database import constant
from app.models.documents import Document
from app.models.ledger import Account, Grant, Transfer
from app.models.payments import OPEN_STATES, Payment
from app.models.usage import Spending
from app.services import audit
from app.services.catalog import versions
from app.services.customers import rests
from app.services.invoices import carrying, credit_notes, drafting, payers
from app.services.ledger import arrivals, burn_down, corrections, grants
from app.services.ledger.posting import Books
from app.services.outbox import billing_mails
from app.services.payments import fulfilment
from app.services.receivables import settling

BY = "worker"
"""Who pays, for the audit trail: nobody has asked for that."""
BACK = "proration"
"""The kind of credit that comes back by a credit note: it was bought, and pays as such."""
_OPEN = fulfilment.asks(
    select(Document)
    .where(
        Document.customer_id == bindparam("customer"),
        Document.kind == Kind.INVOICE.value,
        Document.state == State.OPEN.value,
    )
    .order_by(Document.issued_at, Document.id)
    .with_for_update()
    .execution_options(populate_existing=True),
    # A draft is not open, and neither is what is numbered as paid.
    {name: lambda row: row["state"] != State.OPEN.value for name in ("new_documents", "numbered_documents")},
)


def pays(catalog: Catalog) -> bool:
    """Say whether bought credit pays invoices, their tax and plans too."""
    first = catalog.invoices.credits_first
    return catalog.tax.credits == "at_use" and (first is None or first)


def spendable(books: Books) -> int:
    """Return how much of the credit that was bought may be spent: no open hold needs it. Usage is posted before."""
    left = books.session.scalar(
        select(func.coalesce(func.sum(Grant.remaining_micros), 0)).where(
            Grant.customer_id == books.customer_id, Grant.kind.in_(BOUGHT_KINDS)
        )
    )
    return max(0, min(int(left or 0), books.credits.balance - books.spending.held_micros))


@arrivals.uses
def pay_open(books: Books, now: datetime) -> list[Document]:
    """Pay what is open with credit, the oldest first, and return what is paid whole; the caller commits.

    An invoice of which a payment is under way is left to it, and one that is no longer collected is left alone.
    """
    customer, session = books.customer, books.session
    if customer.credit_unit != customer.currency:
        return []
    open_ones = _open(session, books.customer_id)
    if not open_ones or not pays(versions.of(customer)):
        return []
    grants.catch_up(books, now)
    left = spendable(books) // per_minor(customer.currency)
    parts = list[tuple[Document, int]]()
    for each in open_ones:
        part = min(left, carrying.own_due(each))
        if part > 0:
            _pay(books, each, part, now)
            parts.append((each, part))
            left -= part
    if not parts:
        return []
    whole = [each for each, _part in parts if not carrying.own_due(each)]
    settling.end(books, whole, payers.CREDIT, now, {each.id for each, part in parts if each.paid_minor > part})
    for each, part in parts:
        _say(books, each, part)
    session.flush()
    return whole


def sold_at_use(session: Session) -> list[str]:
    """Return the catalogs whose credit pays invoices: what `could_pay` is asked with, as `at_use`."""
    catalogs = session.scalars(select(CatalogVersion.catalog).distinct().order_by(CatalogVersion.catalog)).all()
    return [name for name in catalogs if pays(versions.offered(name))]


def could_pay() -> Select[str]:
    """Ask for customers whose bought credit could pay an open invoice now: a hold has given it free, or time.

    What was used and is not posted may take it first; who is looked at has it posted. The rest of a correction waits
    for the next look, because it may be left alone.
    """
    customer, due = Customer.customer_id, Document.payable_minor - Document.paid_minor - Document.credited_minor
    bought = (
        select(func.coalesce(func.sum(Grant.remaining_micros), 0))
        .where(Grant.customer_id == customer, Grant.kind.in_(BOUGHT_KINDS))
        .scalar_subquery()
    )
    minor = case({each: per_minor(each) for each in processor_amounts.LEAST}, value=Customer.currency, else_=MICROS)
    is_open = exists().where(
        Document.customer_id == customer,
        Document.kind == constant(Kind.INVOICE.value),
        Document.state == constant(State.OPEN.value),
        Document.source_type != constant("correction"),
        due > 0,
    )
    is_under_way = exists().where(Payment.customer_id == customer, Payment.document_id.is_not(None), OPEN_STATES)
    unit = and_(Account.name == constant(CREDITS), Account.unit == "credits:" + Customer.credit_unit)
    return (
        select(customer)
        .join(Spending, Spending.customer_id == customer)
        .join(Account, and_(Account.customer_id == customer, unit))
        .where(
            Customer.catalog.in_(bindparam("at_use", expanding=True)),
            Customer.credit_unit == Customer.currency,
            is_open,
            Account.balance - Spending.unposted_micros - Spending.held_micros >= minor,
            bought >= minor,
            ~is_under_way,
        )
    )


def give_back(books: Books, document: Document, now: datetime) -> None:
    """Give credit back that has paid an invoice which is void now."""
    for wrong in payers.by_credit(books.session, [document])[document.id] if document.credit_paid_minor else []:
        words = f"Credit returned from invoice {document.number}, which is void"
        back = Posting(
            books.unit, "purchases", CREDITS, wrong.amount, CREDIT_RETURNED, CREDIT_PAYMENT, wrong.source_id, words,
            wrong.id,
        )  # fmt: skip
        (made,) = books.post([back], now)
        corrections.give_back(books, wrong, made, now)
    document.paid_minor -= document.credit_paid_minor
    document.credit_paid_minor = 0


def left(session: Session, document: Document) -> Money:
    """Return what of a paid invoice credit has paid and no credit note has given back; nothing of a corrected one."""
    noted = session.scalar(
        select(func.coalesce(func.sum(Document.credits_applied_minor), 0)).where(
            Document.customer_id == document.customer_id,
            Document.returns_id == document.id,
            Document.state == State.ISSUED.value,
        )
    )
    minor = carrying.from_credit(session, document) - int(noted or 0)
    return Money(max(0, min(minor, document.total_minor - document.returned_minor)), document.currency)


def note(
    books: Books, document: Document, source: tuple[str, str, str], part: Money, *, by: str, now: datetime
) -> Document:
    """Write a credit note of what credit has paid of an invoice, and give it back as credit that was bought."""
    made = credit_notes.write_on(books, document, source, part, now, as_credit=True)
    credit, reason = credits_from_money(part), source[2]
    grant = grants.add(
        books,
        kind=BACK,
        credits=credit,
        now=now,
        description=f"Credit note {made.number} on {document.number}",
        granted_by=by,
        reason=reason,
        request_key=made.id,
    )
    facts = {"grant": grant.id, "credit_note": made.id, "credits": credits_text(credit)}
    books.outbox.write("credits.granted", grant.id, {**facts, "credit_unit": books.customer.credit_unit})
    given = {"kind": BACK, "credits_micros": credit.micros, "reason": reason, "credit_note": made.id}
    audit.record(books.session, books.customer_id, by, "grant.given", grant.id, after=given)
    after = {"number": made.number, "amount_minor": part.amount_minor, "reason": reason}
    audit.record(books.session, books.customer_id, by, "credit_note.given", document.id, after=after)
    books.session.flush()
    arrivals.came(books, now)
    return made


def _open(session: Session, customer_id: str) -> Sequence[Document]:
    """Lock and return the open invoices that nothing else pays just now, the oldest first; no rest left alone."""
    rows = session.scalars(_OPEN, {"customer": customer_id}).all()
    rows = [each for each in rows if not rests.is_left_alone(session, each)]
    if not rows:
        return []
    under_way = set(
        session.scalars(
            select(Payment.document_id).where(
                Payment.customer_id == customer_id, Payment.document_id.is_not(None), OPEN_STATES
            )
        )
    )
    if not under_way:
        return rows
    return [each for each in rows if not under_way.intersection(carrying.collectors(session, each))]


def _pay(books: Books, document: Document, minor: int, now: datetime) -> None:
    """Take so much of the balance for the invoice: a posting of its own, however many there are."""
    before = books.session.scalar(
        select(func.count())
        .select_from(Transfer)
        .where(
            Transfer.customer_id == books.customer_id,
            Transfer.source_type == CREDIT_PAYMENT,
            Transfer.source_id.startswith(f"{document.id}:", autoescape=True),
            Transfer.kind == CREDIT_APPLIED,
        )
    )
    fact, words = f"{document.id}:{int(before or 0) + 1}", f"Paid invoice {document.number} from credit"
    amount = drafting.micros_of(Money(minor, document.currency))
    (made,) = books.post(
        [Posting(books.unit, CREDITS, "purchases", amount, CREDIT_APPLIED, CREDIT_PAYMENT, fact, words)], now
    )
    burn_down.burn_bought(books, made)
    document.paid_minor += minor
    document.credit_paid_minor += minor
    books.session.flush()


def _say(books: Books, document: Document, minor: int) -> None:
    """Write down that credit has paid so much of the invoice, and the mail about it: once for each posting."""
    session, owner = books.session, books.customer_id
    after = {"number": document.number, "amount_minor": minor, "due_minor": carrying.own_due(document)}
    audit.record(session, owner, BY, "invoice.paid_from_credit", document.id, after=after)
    key = f"{PAID_FROM_CREDIT}:{document.id}:{document.credit_paid_minor}:{books.credits.version}"
    billing_mails.write(
        session, owner, PAID_FROM_CREDIT, key=key, to=books.customer.email, document=document.id, minor=minor
    )
