"""One look at one customer's unpaid invoices: outcomes are noted, attempts planned, and the next one is begun.

All of it is one transaction, and the call to the processor comes after it: docs/decisions/0042-unpaid-invoices.md.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from app import clock
from app.domain.catalog import Catalog
from app.domain.dunning import schedule
from app.domain.dunning import standing as rule
from app.domain.dunning.schedule import Outcome
from app.domain.errors import ensure
from app.domain.invoices.documents import Kind, State
from app.domain.money import Money
from app.domain.payments import DUNNING, OPEN, AttemptState, PaymentState
from app.models.bulk import insert_new
from app.models.collection import Collection, CollectionAttempt
from app.models.documents import Document
from app.models.payments import OPEN_STATES, Attempt, Payment, PaymentMethod
from app.services.catalog import versions
from app.services.customers import rests, standing
from app.services.dunning import methods, reports
from app.services.invoices import carrying
from app.services.ledger import posting
from app.services.ledger.posting import Books
from app.services.payments import outcomes
from app.services.receivables import from_credit, paying
from app.services.transaction import transaction

LEASE = timedelta(minutes=2)
AGAIN = timedelta(minutes=15)
"""How long after it an attempt is made again of which the processor never heard."""
LATER = timedelta(days=1)  # for an invoice that is left alone
_NOBODY_ASKED = frozenset({"interrupted", "unavailable", outcomes.GIVEN_UP})
"""How a payment ends that no bank has heard of, or that another one takes the place of."""


@dataclass(frozen=True)
class Step:
    """What is to be done at the processor once the look is committed, and the lease that goes with it."""

    payment_id: str
    lease: datetime
    gives_up: bool = False
    """Whether the payment waits for its customer, and a new method takes its place."""


def look(customer_id: str, lease: datetime | None) -> Step | None:
    """Look at the customer and return the next step, or None: nothing is to be done now.

    `lease` is that of the step before; None: it is the first. Where another worker has the customer, nothing is done.
    """
    with transaction() as session:
        books = posting.lock(session, customer_id)
        row = _row(books)
        now = clock.now()
        if (row.leased_until != lease) if lease else (row.leased_until is not None and row.leased_until > now):
            return None
        from_credit.pay_open(books, now)  # what a payment was under way for when the credit came, too
        desk = _Desk(books, row, now)
        desk.note_outcomes()
        desk.drop_what_is_over()
        desk.plan()
        desk.ask_again()
        step = desk.begin()
        session.flush()
        invoices = standing.unpaid(session, desk.documents)
        standing.judge(books, invoices, now)
        reports.late(books, invoices, now)
        changes_at = rule.changes_at(desk.catalog.dunning, invoices, now)
        again = now + LATER if desk.left_alone else None  # what is gone or disputed may come back
        row.judge_at = min((each for each in (changes_at, again) if each is not None), default=None)
        row.leased_until = step.lease if step else None
        return step


def _row(books: Books) -> Collection:
    """Lock and return the customer's row; the first look makes it."""
    owner = books.customer.customer_id
    empty = {"asked_at": None, "judge_at": None, "leased_until": None}
    insert_new(books.session, Collection, {"customer_id": owner, **empty})
    return books.session.get_one(Collection, owner, populate_existing=True, with_for_update=True)


class _Desk:
    """The customer's invoices that are due by themselves and all attempts on them, while their books are locked."""

    def __init__(self, books: Books, row: Collection, now: datetime) -> None:
        self._books, self._session, self._row, self._now = books, books.session, row, now
        self.catalog: Catalog = versions.of(books.customer)
        due = standing.due(self._session, books.customer_id)
        self.left_alone = [each for each in due if rests.is_left_alone(self._session, each)]
        self.documents = [each for each in due if each not in self.left_alone]
        names = [each.id for each in due]
        self._attempts = defaultdict[str, list[CollectionAttempt]](list)
        for each in self._session.scalars(
            select(CollectionAttempt)
            .where(
                CollectionAttempt.customer_id == books.customer_id,
                or_(CollectionAttempt.document_id.in_(names), CollectionAttempt.state.in_(["waiting", "under_way"])),
            )
            .order_by(CollectionAttempt.document_id, CollectionAttempt.number)
            .with_for_update()
            .execution_options(populate_existing=True)
        ):
            self._attempts[each.document_id].append(each)
        self._methods = methods.of(self._session, books.customer_id, self.catalog)
        self._fallback: tuple[CollectionAttempt, Document, PaymentMethod] | None = None

    def note_outcomes(self) -> None:
        """Note what became of attempts whose payment has ended; where other methods are tried, the next is."""
        open_ones = {each.id: each for each in self.documents}
        paying_now = self._paying()
        for attempt in self._all():
            if attempt.state != Outcome.UNDER_WAY:
                continue
            payment = self._session.get_one(Payment, attempt.payment_id, populate_existing=True)
            if payment.state in OPEN:
                continue
            outcome = _outcome(self._session, payment)
            document = open_ones.get(attempt.document_id)
            may_go_on = outcome is Outcome.FAILED and document is not None and document.id not in paying_now
            other = self._methods.untried(self._session, attempt) if may_go_on else None
            if other is not None and document is not None and self._fallback is None:
                self._fallback = attempt, document, other
                continue
            if other is not None:
                continue  # one charge at a time: the next look comes to it
            _end(attempt, outcome, payment.updated_at)
            if outcome is Outcome.FAILED and attempt.place is None:
                reports.mail_failed(self._books, payment)

    def drop_what_is_over(self) -> None:
        """End what is planned for invoices that ask for nothing any more, and leave what is too small alone."""
        wanted = {each.id for each in (*self.documents, *self.left_alone)}
        for attempt in self._all():
            if attempt.state == Outcome.WAITING and attempt.document_id not in wanted:
                _end(attempt, Outcome.DROPPED, self._now)
        for name in self._session.scalars(
            select(Document.id).where(
                Document.customer_id == self._books.customer_id,
                Document.kind == Kind.INVOICE.value,
                Document.state == State.OPEN.value,
                Document.due_on.is_not(None),
                Document.carried_to_id.is_(None),
            )
        ):
            if name not in wanted and not self._attempts[name]:
                _end(self._add(name, None, self._now), Outcome.DROPPED, self._now)

    def plan(self) -> None:
        """Plan the next attempt of the schedule for each invoice."""
        for document in (*self.documents, *self.left_alone):
            self._plan(document)
        for each in (each for document in self.left_alone for each in self._attempts[document.id]):
            each.due_at = max(each.due_at, self._now + LATER) if each.state == Outcome.WAITING else each.due_at

    def ask_again(self) -> None:
        """Plan one attempt outside of the schedule for each invoice that fell due, where a new method has come."""
        if self._row.asked_at is None:
            return
        asked, self._row.asked_at = self._row.asked_at, None
        method = self._row.method_id
        if not self._methods.may_charge(method):
            return
        for document in self.documents:
            mine = self._attempts[document.id]
            if schedule.is_left_alone(_values(mine)) or _due_at(document) > self._now:
                continue
            now_due = self._due(document)
            wanted = self._methods.wanted(now_due) if now_due is not None else None
            if wanted is None or wanted.id != method:
                self._add(document.id, None, asked, method)

    def begin(self) -> Step | None:
        """Begin the next attempt that is due, of the oldest invoice first, and return what is to be done for it."""
        lease = self._now + LEASE
        if self._fallback is not None:
            attempt, document, method = self._fallback
            return Step(self._charge(attempt, document, method), lease)
        paying_now = self._paying()
        for document in self.documents:
            while (due := self._due(document)) is not None:
                payment = paying_now.get(document.id)
                if payment is not None:
                    waits = payment.state == PaymentState.REQUIRES_ACTION and payment.created_by == DUNNING
                    if waits and due.place is None:
                        return Step(payment.id, lease, gives_up=True)
                    break
                if due.place == 0 and (failed := self._failed_since(due)) is not None:
                    _end(due, Outcome.FAILED, failed.updated_at)
                    due.payment_id = failed.id
                    self._plan(document)
                    continue
                wanted = self._methods.wanted(due)
                if wanted is None or not methods.is_allowed(self._session, due, wanted, self._now):
                    _end(due, Outcome.NOT_POSSIBLE if due.place is not None else Outcome.DROPPED, self._now)
                    self._plan(document)
                    continue
                return Step(self._charge(due, document, wanted), lease)
        return None

    def _charge(self, attempt: CollectionAttempt, document: Document, method: PaymentMethod) -> str:
        """Write the order, in one transaction with the attempt; return the payment's id."""
        amount = Money(carrying.to_collect(self._session, document), document.currency)
        payment = paying.place_automatically(self._session, document, method, amount, by=DUNNING, now=self._now)
        attempt.state, attempt.payment_id = Outcome.UNDER_WAY.value, payment.id
        attempt.started_at = attempt.started_at or self._now
        return payment.id

    def _plan(self, document: Document) -> None:
        mine = self._attempts[document.id]
        found = schedule.following(self.catalog.dunning, _due_at(document), _values(mine), self._now + AGAIN)
        if found is not None:
            self._add(document.id, *found)
        elif mine and mine[-1].place is None and mine[-1].state == Outcome.NOT_MADE:
            self._add(document.id, None, self._now + AGAIN, mine[-1].method_id)

    def _add(
        self, document_id: str, place: int | None, due_at: datetime, method_id: str | None = None
    ) -> CollectionAttempt:
        mine = self._attempts[document_id]
        row = CollectionAttempt(
            customer_id=self._books.customer_id,
            document_id=document_id,
            number=mine[-1].number + 1 if mine else 1,
            place=place,
            method_id=method_id,
            state=Outcome.WAITING.value,
            due_at=due_at,
        )
        self._session.add(row)
        mine.append(row)
        return row

    def _due(self, document: Document) -> CollectionAttempt | None:
        """Return the attempt on the invoice that is to be made now: that of a new method before the schedule's."""
        due = [each for each in self._attempts[document.id] if each.state == Outcome.WAITING]
        due = [each for each in due if each.due_at <= self._now]
        return min(due, key=lambda each: (each.place is not None, each.number), default=None)

    def _failed_since(self, attempt: CollectionAttempt) -> Payment | None:
        """Return a payment of the customer's own that failed while the first attempt waited: the first failure."""
        return self._session.scalars(
            select(Payment)
            .where(
                Payment.customer_id == attempt.customer_id,
                Payment.document_id == attempt.document_id,
                Payment.state == PaymentState.FAILED.value,
                Payment.created_by != DUNNING,
                Payment.updated_at >= attempt.due_at,
            )
            .order_by(Payment.updated_at.desc(), Payment.id.desc())
            .limit(1)
        ).one_or_none()

    def _all(self) -> Iterator[CollectionAttempt]:
        for mine in self._attempts.values():
            yield from mine

    def _paying(self) -> dict[str | None, Payment]:
        names = [each.id for each in self.documents]
        mine = Payment.customer_id == self._books.customer_id, Payment.document_id.in_(names), OPEN_STATES
        return {each.document_id: each for each in self._session.scalars(select(Payment).where(*mine))} if names else {}


def _outcome(session: Session, payment: Payment) -> Outcome:
    """Return what became of it: without a bank that said no or asked a question, nothing was tried."""
    if payment.state not in {PaymentState.FAILED, PaymentState.CANCELED}:
        return Outcome.SUCCEEDED
    if payment.state == PaymentState.FAILED:
        return Outcome.FAILED
    heard = select(Attempt.id).where(
        Attempt.customer_id == payment.customer_id,
        Attempt.payment_id == payment.id,
        Attempt.state == AttemptState.DECLINED.value,
    )
    is_heard = payment.problem not in _NOBODY_ASKED and session.scalar(heard.limit(1)) is not None
    return Outcome.FAILED if is_heard else Outcome.NOT_MADE


def _end(attempt: CollectionAttempt, outcome: Outcome, at: datetime) -> None:
    attempt.state, attempt.ended_at = outcome.value, at


def _values(rows: list[CollectionAttempt]) -> list[schedule.Attempt]:
    return [schedule.Attempt(each.place, each.due_at, Outcome(each.state), each.ended_at) for each in rows]


def _due_at(document: Document) -> datetime:
    ensure(document.due_on is not None and document.issued_at is not None, f"{document.id} has no day")
    return schedule.falls_due(document.due_on or date.max, document.issued_at or datetime.max.replace(tzinfo=UTC))
