"""A customer redeems a code for credit: once, while it is open, and with few guesses."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from app import clock, ids, locale
from app.domain.credit_codes import codes as rule
from app.domain.errors import Refused
from app.domain.language import _
from app.domain.money import Credits
from app.domain.people.members import Orderer
from app.models.credit_codes import CreditCode, CreditCodeGuess, CreditCodeRedemption
from app.models.database import db
from app.models.ledger import Grant
from app.models.scope import as_customer, as_service
from app.services import audit
from app.services.ledger import arrivals, grants, posting
from app.services.ledger.posting import Books
from app.services.transaction import transaction

REDEEMED = "credit_code_redeemed"


@dataclass(frozen=True)
class Offer:
    """What a code gives, where it is redeemed now."""

    code: str
    credits: Credits
    expires_at: datetime | None


def look(actor: Orderer, typed: str) -> Offer:
    """Return what a code gives, or refuse. A code that is none counts as a guess."""
    return _judged(actor, typed, redeems=False, address="")


def redeem(actor: Orderer, typed: str, *, address: str) -> Offer:
    """Give the credit of a code, and return what was given, or refuse. A customer redeems a code once."""
    return _judged(actor, typed, redeems=True, address=address)


def given(actor: Orderer, code: str) -> Offer | None:
    """Return what a code has given to the customer of the member; None: nothing."""
    with as_customer(actor.customer_id):
        row = db.session.get(CreditCodeRedemption, (actor.customer_id, rule.normal(code)), populate_existing=True)
        grant = db.session.get_one(Grant, row.grant_id) if row is not None else None
    return None if grant is None else Offer(rule.normal(code), Credits(grant.micros), grant.expires_at)


def _judged(actor: Orderer, typed: str, *, redeems: bool, address: str) -> Offer:
    """Judge it in one transaction, which a refusal does not undo: a guess stays counted."""
    rule.check_written(typed)
    now, refusal, offer = clock.now(), None, None
    with as_service("redeem a code for credit"), transaction() as session:
        books = posting.lock(session, actor.customer_id)  # first: guesses and redemptions come one after the other
        found = _found(books, typed, now)
        if isinstance(found, Refused):
            refusal = found
        else:
            offer = Offer(found.code, Credits(found.credits_micros), _terms(found).expires_at(now))
            if redeems and not _take(session, found, now):
                refusal = _guessed(session, actor.customer_id, now)
            elif redeems:
                _give(books, actor, found, offer, now, address)
    if refusal is not None or offer is None:
        raise refusal or rule.no_code()
    return offer


def _found(books: Books, typed: str, now: datetime) -> CreditCode | Refused:
    session, customer = books.session, books.customer
    if customer.standing == "closed":
        return Refused(_("This account is closed: no code can be redeemed."), "closed")
    earlier = session.get(CreditCodeRedemption, (customer.customer_id, rule.normal(typed)))
    if earlier is not None:
        words = _("This code was redeemed for your account on {day}.", day=locale.day(earlier.redeemed_at.date()))
        return Refused(words, REDEEMED, 409, "code")
    wait = rule.next_guess_at(_guesses(session, customer.customer_id), now)
    if wait is not None:
        words = _("Too many codes were typed that are not valid. Try again after {time}.", time=locale.moment(wait))
        return Refused(words, "too_many_codes", 429, "code")
    found = session.get(CreditCode, rule.normal(typed), populate_existing=True)
    if found is None or not _terms(found).is_open_to(customer.catalog, customer.credit_unit, now):
        return _guessed(session, customer.customer_id, now)
    return found


def _guesses(session: Session, customer_id: str) -> list[datetime]:
    rows = session.scalars(select(CreditCodeGuess.guessed_at).where(CreditCodeGuess.customer_id == customer_id))
    return list(rows)


def _guessed(session: Session, customer_id: str, now: datetime) -> Refused:
    """Count a guess, and forget those that count no more."""
    mine = CreditCodeGuess.customer_id == customer_id
    session.execute(delete(CreditCodeGuess).where(mine, CreditCodeGuess.guessed_at <= now - rule.WINDOW))
    session.add(CreditCodeGuess(id=ids.new("gss"), customer_id=customer_id, guessed_at=now))
    session.flush()
    return rule.no_code()


def _take(session: Session, code: CreditCode, now: datetime) -> bool:
    """Count one redemption, or say that others have taken the last one meanwhile."""
    taken = session.execute(
        update(CreditCode)
        .where(
            CreditCode.code == code.code,
            CreditCode.withdrawn_at.is_(None),
            (CreditCode.redeem_until.is_(None)) | (CreditCode.redeem_until > now),
            (CreditCode.most.is_(None)) | (CreditCode.redeemed < CreditCode.most),
        )
        .values(redeemed=CreditCode.redeemed + 1)
        .returning(CreditCode.code)
        .execution_options(synchronize_session=False)
    ).scalar_one_or_none()
    return taken is not None


def _give(books: Books, actor: Orderer, code: CreditCode, offer: Offer, now: datetime, address: str) -> None:
    session, customer = books.session, books.customer
    given = grants.add(
        books,
        kind="promotional",
        credits=offer.credits,
        now=now,
        description=code.reason,
        granted_by=f"code {code.code}",
        reason=code.reason,
        expires_at=offer.expires_at,
    )
    row = CreditCodeRedemption(customer_id=customer.customer_id, code=code.code, grant_id=given.id, redeemed_at=now)
    session.add(row)
    after = {"kind": "promotional", "credits_micros": offer.credits.micros, "reason": code.reason, "code": code.code}
    by = actor.member_id
    audit.record(session, customer.customer_id, by, "grant.given", given.id, after=after, address=address)
    session.flush()
    arrivals.came(books, now)


def _terms(row: CreditCode) -> rule.Terms:
    return rule.Terms(
        catalog=row.catalog,
        credit_unit=row.credit_unit,
        redeem_until=row.redeem_until,
        most=row.most,
        redeemed=row.redeemed,
        lasts_days=row.lasts_days,
        is_withdrawn=row.withdrawn_at is not None,
    )
