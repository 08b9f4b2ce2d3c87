"""Count what the invited have paid: each invoice of theirs as it stands now, whatever became of it since.

Nothing is added up as it happens. An invoice's row is set to what its invoice says, so counting twice, late or after
a process died comes to the same, and a refund, a dispute or a credit note takes its share back by itself.
"""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app import clock
from app.domain.catalog_terms import Percent
from app.domain.invoices.documents import Kind, State
from app.domain.referrals import earnings as rule
from app.domain.referrals import joining
from app.models.corrections import Correction
from app.models.customers import Customer
from app.models.database import db
from app.models.documents import Document
from app.models.events import OutboxEvent
from app.models.payments import Payment, PaymentMethod
from app.models.referrals import Referral, ReferralEarning, Referrer
from app.models.scope import as_service
from app.models.tax import TaxRegistration
from app.services import due_rows
from app.services.transaction import transaction

_NOTHING = (State.DRAFT.value, State.VOID.value)


def count_due(limit: int = 100) -> int:
    """Count anew for inviters whose invited customers have had an event since, at most `limit`; return how many."""
    newer = select(OutboxEvent.id).where(
        OutboxEvent.customer_id == Referral.invited_id, OutboxEvent.sequence > Referral.seen_sequence
    )
    with as_service("count referrals"):
        wanted = select(Referral.customer_id).where(newer.exists()).distinct().order_by(Referral.customer_id)
        found = db.session.scalars(wanted.limit(limit)).all()
        return due_rows.each(found, _one, of="customer", failed="referrals_not_counted")


def _one(customer_id: str) -> int:
    with transaction() as session:
        referrer = locked(session, customer_id, skip_locked=True)
        if referrer is None:
            return 0
        count(session, customer_id)
        return 1


def locked(session: Session, customer_id: str, *, skip_locked: bool = False) -> Referrer | None:
    """Lock what an inviter's counting and giving is ordered by. Its accounts, where needed, are locked before."""
    return session.scalars(
        select(Referrer)
        .where(Referrer.customer_id == customer_id)
        .with_for_update(skip_locked=skip_locked)
        .execution_options(populate_existing=True)
    ).one_or_none()


def count(session: Session, customer_id: str) -> list[Referral]:
    """Set the rows of the inviter's referrals to what the invoices say, and return the referrals.

    The referrer is locked.
    """
    referrals = list(session.scalars(select(Referral).where(Referral.customer_id == customer_id)))
    invited = {each.invited_id: each for each in referrals}
    seen = _last_events(session, invited)  # first: what happens from here on is counted next time
    kept, invoices = _money_kept(session, invited), _invoices(session, invited)
    ones_own = _ones_own(session, customer_id, invited)
    rows = {
        each.document_id: each
        for each in session.scalars(select(ReferralEarning).where(ReferralEarning.customer_id == customer_id))
    }
    before = _corrected(session, invited)
    for name, referral in invited.items():
        referral.is_oneself = name in ones_own
        own = invoices.get(name, [])
        for document in own:
            _count(session, referral, document, rows, before.get(document.id, ""))
        net = sum(each.net_minor for each in rows.values() if each.referral_id == referral.id)
        referral.gone_minor = rule.gone(net, [_as_it_stands(each) for each in own], kept.get(name, 0))
        referral.seen_sequence = max(referral.seen_sequence, seen.get(name, 0))
    session.flush()
    return referrals


def _count(
    session: Session, referral: Referral, document: Document, rows: dict[str, ReferralEarning], corrected_id: str
) -> None:
    """Set the row of one invoice; one that has never earned has none.

    One that corrects another goes on with what that has earned at most, from then: its money came in that time.
    """
    row, corrected = rows.get(document.id), rows.get(corrected_id)
    paid_at = document.paid_at or document.issued_at or clock.now()
    earns = 0 if referral.is_oneself else _as_it_stands(document).earns
    before = rule.Count(row.net_minor, row.most_minor) if row is not None else rule.Count(0, 0)
    if corrected is not None and row is None:
        before = rule.Count(0, corrected.most_minor)
    found = rule.counted(before, earns, in_time=paid_at < referral.ends_at)
    if row is not None:
        row.net_minor, row.most_minor = found.net, found.most
    elif found.most:
        rows[document.id] = ReferralEarning(
            customer_id=referral.customer_id,
            document_id=document.id,
            referral_id=referral.id,
            net_minor=found.net,
            most_minor=found.most,
            earned_at=corrected.earned_at if corrected is not None else paid_at,
        )
        session.add(rows[document.id])


def _as_it_stands(document: Document) -> rule.Invoice:
    return rule.Invoice(
        net=document.net_minor,
        total=document.total_minor,
        applied=document.credits_applied_minor,
        payable=document.payable_minor,
        paid=document.paid_minor,
        credited=document.credited_minor,
        returned=document.total_minor if document.state in _NOTHING else document.returned_minor,
    )


def _corrected(session: Session, invited: Collection[str]) -> dict[str, str]:
    """Return which invoice each one took the place of."""
    rows = select(Correction.replacement_id, Correction.corrected_id).where(Correction.customer_id.in_(invited))
    return {instead: wrong for instead, wrong in session.execute(rows)}  # noqa: C416  # rows of two, as mypy reads them


def _invoices(session: Session, invited: Collection[str]) -> dict[str, list[Document]]:
    found = dict[str, list[Document]]()
    for each in session.scalars(
        select(Document)
        .where(Document.customer_id.in_(invited), Document.kind == Kind.INVOICE.value)
        .order_by(Document.issued_at, Document.id)
        .execution_options(populate_existing=True)
    ):
        found.setdefault(each.customer_id, []).append(each)
    return found


def _money_kept(session: Session, invited: Collection[str]) -> dict[str, int]:
    """Return what each has paid in all that did not go back."""
    left = Payment.received_minor - Payment.refunded_minor - Payment.disputed_minor - Payment.corrected_minor
    rows = session.execute(
        select(Payment.customer_id, func.sum(left))
        .where(Payment.customer_id.in_(invited), Payment.received_minor > 0)
        .group_by(Payment.customer_id)
    )
    return {name: int(minor) for name, minor in rows}


def _last_events(session: Session, invited: Collection[str]) -> dict[str, int]:
    rows = session.execute(
        select(OutboxEvent.customer_id, func.max(OutboxEvent.sequence))
        .where(OutboxEvent.customer_id.in_(invited))
        .group_by(OutboxEvent.customer_id)
    )
    return {name: int(last) for name, last in rows}


def _ones_own(session: Session, customer_id: str, invited: Collection[str]) -> set[str]:
    """Return the invited customers that are the inviter itself, by what is known of both now."""
    methods, own = PaymentMethod, select(PaymentMethod.fingerprint).where(PaymentMethod.customer_id == customer_id)
    cards = set(
        session.scalars(
            select(methods.customer_id).where(
                methods.customer_id.in_(invited), methods.fingerprint != "", methods.fingerprint.in_(own)
            )
        )
    )
    number = TaxRegistration
    of_inviter = select(number.value).where(
        number.customer_id == customer_id, number.removed_at.is_(None), number.kind != "exemption"
    )
    numbers = set(
        session.scalars(
            select(number.customer_id).where(
                number.customer_id.in_(invited), number.removed_at.is_(None), number.value.in_(of_inviter)
            )
        )
    )
    domains = _domains(session, [customer_id, *cards])
    return {
        name
        for name in cards | numbers
        if joining.is_oneself(
            same_domain=name in cards and domains[name] == domains[customer_id],
            same_card=name in cards,
            same_tax_number=name in numbers,
        )
    }


def _domains(session: Session, names: Sequence[str]) -> dict[str, str]:
    rows = session.execute(select(Customer.customer_id, Customer.email).where(Customer.customer_id.in_(names)))
    return {name: joining.domain_of(email) for name, email in rows}


def in_all(session: Session, referrals: Sequence[Referral], before: datetime) -> list[rule.Share]:
    """Return what is counted of each referral for what was paid before the moment."""
    names = [each.id for each in referrals]
    rows = session.execute(
        select(ReferralEarning.referral_id, func.sum(ReferralEarning.net_minor))
        .where(ReferralEarning.referral_id.in_(names), ReferralEarning.earned_at < before)
        .group_by(ReferralEarning.referral_id)
    )
    nets = {name: int(net) for name, net in rows}
    return [rule.Share(nets.get(each.id, 0) - each.gone_minor, Percent(each.basis_points)) for each in referrals]
