"""A charge that waits for a yes: asked on the page and by mail, answered once by either, and used by one charge.

The mailed link is the question's id with a proof that only this portal can make; opening it answers nothing.
"""

import base64
import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app import clock, ids
from app.domain.auto_recharge.caution import Why
from app.domain.auto_recharge.decision import Decision, waits_for_yes
from app.domain.catalog import Catalog
from app.domain.errors import NotFound, Refused, ensure
from app.domain.language import _
from app.domain.mails import AUTO_RECHARGE_ASKS
from app.domain.money import Money
from app.domain.spend_management import day_of
from app.extensions import settings
from app.models.auto_recharge import AutoRechargeQuestion, AutoRechargeSettings
from app.models.customers import Customer
from app.models.database import db
from app.models.scope import as_service
from app.services import audit, portal_links
from app.services.auto_recharge import facts as facts_of
from app.services.auto_recharge.facts import Found
from app.services.auto_recharge.rows import STANDING
from app.services.catalog import versions
from app.services.ledger import budgets, posting
from app.services.ledger.posting import Books
from app.services.outbox import mails
from app.services.transaction import transaction

MAILED = "mailed link"
"""Who has answered by the link."""


@dataclass(frozen=True)
class Asked:
    """A question as whoever holds its link may see it: no more than the mail has said."""

    id: str
    customer: str
    seller: str
    amount: Money
    why: Why
    until: datetime
    state: str
    """`open`, `yes`, `no`, `used`, or `over`."""


def ask(books: Books, found: Found, decision: Decision, now: datetime) -> None:
    """Ask the customer, once for each UTC day: the question and its answer count until the day ends."""
    purchase, why, session = decision.purchase, decision.why, books.session
    ensure(purchase is not None and why is not None, "a question about nothing")
    if purchase is None or why is None:
        return
    _end(session, books.customer_id, STANDING)
    question = AutoRechargeQuestion(
        id=ids.new("qst"),
        customer_id=books.customer_id,
        asked_at=now,
        until=day_of(now).ends,
        why=why.value,
        amount_minor=purchase.amount.amount_minor,
        count=decision.count,
        used_today_micros=found.facts.use.most.micros,
        usual_micros=max(found.facts.use.days, default=0),
        state="open",
    )
    session.add(question)
    session.flush()
    to, key = books.customer.email, f"{AUTO_RECHARGE_ASKS}:{question.id}"
    mails.write(session, books.customer_id, AUTO_RECHARGE_ASKS, key=key, to=to, question=question.id)


def is_asked(found: Found) -> bool:
    """Say whether this very charge is asked about already."""
    answer, one = found.facts.answer, found.facts.one
    return answer is not None and one is not None and answer.is_for(one)


def withdraw(session: Session, customer_id: str) -> None:
    """End the question about terms that hold no more, and a yes to it that nothing has used. A no stays for its day."""
    _end(session, customer_id, ("open", "yes"))


def _end(session: Session, customer_id: str, states: Sequence[str]) -> None:
    session.execute(
        update(AutoRechargeQuestion)
        .where(AutoRechargeQuestion.customer_id == customer_id, AutoRechargeQuestion.state.in_(states))
        .values(state="over")
        .execution_options(synchronize_session=False)
    )


def use(session: Session, customer_id: str, payment_id: str, now: datetime) -> None:
    """Let the charge that is written now use the yes that stands, if one does. One whose day is over is not its.

    A charge that needed none ends a question that nobody has answered: what it asked for is charged.
    """
    session.execute(
        update(AutoRechargeQuestion)
        .where(
            AutoRechargeQuestion.customer_id == customer_id,
            AutoRechargeQuestion.state == "yes",
            AutoRechargeQuestion.until > now,
        )
        .values(state="used", payment_id=payment_id)
        .execution_options(synchronize_session=False)
    )
    withdraw(session, customer_id)


def standing(customer_id: str) -> AutoRechargeQuestion | None:
    """Return the customer's question that stands now, answered or not."""
    return db.session.scalars(
        select(AutoRechargeQuestion)
        .where(
            AutoRechargeQuestion.customer_id == customer_id,
            AutoRechargeQuestion.state.in_(STANDING),
            AutoRechargeQuestion.until > clock.now(),
        )
        .execution_options(populate_existing=True)
    ).one_or_none()


def answer(customer_id: str, question_id: str, *, is_yes: bool, by: str, address: str = "") -> None:
    """Answer the question; a yes has the charge made now.

    Refuses (404) what is not this customer's question, and (409) one that was answered, used or is over, and a yes to
    a charge that is not due any more, or not as it was asked: nothing would come of it, or something else.
    """
    now = clock.now()
    with as_service("answer a question"), transaction() as session:
        books = posting.lock(session, customer_id)
        outbox = books.outbox
        question = session.get(AutoRechargeQuestion, question_id, populate_existing=True)
        if question is None or question.customer_id != customer_id:
            raise NotFound("question")
        if question.state != "open" or question.until <= now:
            words = _("This question was answered already, or its day is over. Nothing more was charged.")
            raise Refused(words, "question_over")
        row = session.get_one(AutoRechargeSettings, customer_id, populate_existing=True, with_for_update=True)
        if is_yes and not waits_for_yes(facts_of.locked(books, row, now).facts, now):
            raise Refused(_("This charge is not due any more. Nothing was charged."), "question_over")
        question.state = "yes" if is_yes else "no"
        question.answered_at, question.answered_by = now, by
        session.flush()
        after = {"answer": question.state, "amount_minor": question.amount_minor}
        audit.record(session, customer_id, by, "auto_recharge.answered", question.id, after=after, address=address)
        budgets.look_again(outbox, now)


def link(question_id: str) -> str:
    """Return the address in the mail."""
    return portal_links.page("automatic_charge.page", question_id=question_id, proof=_proof(question_id))


def look(question_id: str, proof: str) -> Asked:
    """Return what the link leads to; looking changes nothing. Refuses (404) a link that this portal has not made."""
    with as_service("look at a mailed question"):
        return _read(question_id, proof)[0]


def answer_by_link(question_id: str, proof: str, *, is_yes: bool, address: str) -> None:
    """Answer by the mailed link, as `answer` does."""
    with as_service("answer a mailed question"):
        _asked, customer_id = _read(question_id, proof)
    answer(customer_id, question_id, is_yes=is_yes, by=MAILED, address=address)


def _read(question_id: str, proof: str) -> tuple[Asked, str]:
    is_ours = ids.is_id(question_id, "qst") and hmac.compare_digest(proof.encode(), _proof(question_id).encode())
    question = db.session.get(AutoRechargeQuestion, question_id, populate_existing=True) if is_ours else None
    if question is None:
        raise NotFound("question")
    customer = db.session.get_one(Customer, question.customer_id)
    catalog = versions.of(customer)
    is_over = question.state == "over" or (question.state in STANDING and question.until <= clock.now())
    is_over = is_over or (question.state == "open" and not _is_due(customer, catalog))
    asked = Asked(
        id=question.id,
        customer=customer.name,
        seller=catalog.seller_name,
        amount=Money(question.amount_minor, catalog.currency),
        why=Why(question.why),
        until=question.until,
        state="over" if is_over else question.state,
    )
    return asked, question.customer_id


def _is_due(customer: Customer, catalog: Catalog) -> bool:
    """Say whether the charge still waits for the yes, as it stands for whoever only looks."""
    session, now = db.session(), clock.now()
    row = session.get(AutoRechargeSettings, customer.customer_id, populate_existing=True)
    found = facts_of.read(session, customer, catalog, row, facts_of.remaining(session, customer), now)
    return waits_for_yes(found.facts, now)


def _proof(question_id: str) -> str:
    said = f"answer to {question_id}".encode()
    made = hmac.new(settings().secret_key.encode(), said, hashlib.sha256).digest()
    return base64.urlsafe_b64encode(made).decode().rstrip("=")
