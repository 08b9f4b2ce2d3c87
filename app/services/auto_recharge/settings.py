"""What the customer allows, read and changed as one set; each widening of it keeps the customer's consent."""

from dataclasses import dataclass, replace

from sqlalchemy.orm import Session

from app import clock, ids
from app.domain.auto_recharge import consent as consent_rule
from app.domain.auto_recharge import terms as rule
from app.domain.auto_recharge.terms import Terms
from app.domain.catalog import Catalog
from app.domain.errors import NotFound, NotOffered, Refused
from app.domain.language import _, marked
from app.domain.money import Credits
from app.domain.payments import method_name
from app.models.auto_recharge import AutoRechargeConsent, AutoRechargeSettings
from app.models.customers import Customer
from app.models.database import db
from app.models.payments import PaymentMethod
from app.models.scope import as_service
from app.services import audit, wake_ups
from app.services.auto_recharge import questions, rows
from app.services.catalog import versions
from app.services.ledger import budgets, spending
from app.services.outbox import events
from app.services.tax import decision
from app.services.transaction import transaction

CHANGED_MEANWHILE = "version_gone_by"
GONE_BY = Refused(marked("Auto-recharge was changed meanwhile. Read it again before you save."), CHANGED_MEANWHILE)
NO_CONSENT = Refused(
    marked(
        "Only a member of the customer can allow automatic charges, on the page: a key cannot switch auto-recharge on, "
        "nor let it charge more than the customer has accepted."
    ),
    "consent_missing",
    403,
)
NO_METHOD = Refused(marked("Add a payment method first: there is nothing to charge."), "method_missing", 422, "method")


@dataclass(frozen=True)
class Acceptance:
    """That a member has read the sentence of these very terms and accepts it."""

    member: str
    address: str
    sentence: str
    """As it was shown; another one is not what was accepted."""


def current(customer: Customer, catalog: Catalog) -> Terms:
    """Return what holds for the customer in scope. One statement.

    Refuses (404) where the seller does not offer it, unless the customer has it on from before: then it can be changed.
    """
    row = db.session.get(AutoRechargeSettings, customer.customer_id, populate_existing=True)
    now = rows.terms(row, catalog)
    if not (catalog.auto_recharge.offered or now.enabled):
        raise NotOffered("Auto-recharge")
    return now


def in_force(customer: Customer, catalog: Catalog) -> Terms | None:
    """Return what is charged by for the customer in scope; None while it is off. One statement."""
    row = db.session.get(AutoRechargeSettings, customer.customer_id, populate_existing=True)
    return rows.terms(row, catalog) if row is not None and row.enabled else None


def sentence(wanted: Terms, catalog: Catalog, method: PaymentMethod | None) -> str:
    """Return the sentence that a member accepts with these terms, in the language in which they read it."""
    named = _("my default payment method") if not wanted.method_id else _("a payment method")
    if method is not None:
        named = method_name(method.brand, method.last4)
        named = named if wanted.method_id else _("my default payment method (now {method})", method=named)
    return consent_rule.sentence(wanted, catalog, named)


def change(customer_id: str, wanted: Terms, *, by: str, accepted: Acceptance | None, address: str = "") -> Terms:
    """Put this set in the place of the one of its version, or refuse it whole (AC-7); return what holds now.

    An old version is refused (409), so is what the catalog does not sell or could never be charged (422), a method that
    is not the customer's (404), and (403) whatever allows more than before without the customer's acceptance: a key has
    none to give. No charge is begun after a commit that switches it off (I15).
    """
    with as_service("change auto-recharge"), transaction() as session:
        spending.lock(session, [customer_id])  # nothing is decided by half of a change (H4)
        customer = events.lock(session, customer_id).customer
        catalog = versions.of(customer)
        row = session.get(AutoRechargeSettings, customer_id, populate_existing=True, with_for_update=True)
        before = rows.terms(row, catalog)
        if wanted.version != before.version:
            raise GONE_BY.copied()
        taxation = decision.taxation(session, customer_id, catalog, clock.now().date())
        rule.check(wanted, catalog, Credits(customer.overage_protection_micros), taxation)
        method = _method(session, customer_id, wanted, catalog)
        if replace(wanted, version=0) == replace(before, version=0):
            return before
        consent_id = row.consent_id if row is not None and wanted.enabled else None
        if rule.allows_more(before, wanted):
            consent_id = _accepted(session, customer_id, sentence(wanted, catalog, method), accepted)
        questions.withdraw(session, customer_id)  # what was asked was asked under the terms of before
        _write(session, customer_id, row, wanted, by, consent_id)
        audit.record(
            session,
            customer_id,
            by,
            "auto_recharge.changed",
            customer_id,
            before=before.chosen(),
            after=wanted.chosen() | ({"consent": consent_id} if consent_id else {}),
            address=address,
        )
        wake_ups.after_commit(session, budgets.JOB)
        return replace(wanted, version=before.version + 1)


def _method(session: Session, customer_id: str, wanted: Terms, catalog: Catalog) -> PaymentMethod | None:
    """Return the method that would be charged, or refuse one that is not there; what is off needs none."""
    if wanted.method_id:
        method = session.get(PaymentMethod, wanted.method_id)
        if method is None or method.customer_id != customer_id:
            raise NotFound("payment method")
    usable = rows.methods(session, customer_id, replace(wanted, other_methods=False), catalog)
    if wanted.enabled and not usable:
        if wanted.method_id:
            words = _("This payment method cannot be charged automatically. Choose another one.")
            raise Refused(words, "method_not_usable", 422, "method")
        raise NO_METHOD.copied()
    return usable[0] if usable else None


def _accepted(session: Session, customer_id: str, shown: str, accepted: Acceptance | None) -> str:
    """Keep the acceptance and return its id."""
    if accepted is None:
        raise NO_CONSENT.copied()
    if accepted.sentence != shown:
        words = _("Read this sentence and accept it: it has changed with what you entered.")
        raise Refused(words, "sentence_changed", 422, "consent")
    row = AutoRechargeConsent(
        id=ids.new("con"),
        customer_id=customer_id,
        wording=consent_rule.WORDING,
        sentence=shown,
        accepted_by=accepted.member,
        accepted_at=clock.now(),
        address=accepted.address,
    )
    session.add(row)
    session.flush()
    return row.id


def _write(
    session: Session,
    customer_id: str,
    row: AutoRechargeSettings | None,
    wanted: Terms,
    by: str,
    consent_id: str | None,
) -> None:
    if row is None:
        row = AutoRechargeSettings(customer_id=customer_id, version=0)
        session.add(row)
    row.enabled = wanted.enabled
    row.threshold_micros = wanted.threshold.micros
    row.amount_minor = wanted.amount.amount_minor if wanted.amount else None
    row.pack = wanted.pack
    row.period_limit_minor = wanted.period_limit.amount_minor
    row.method_id = wanted.method_id or None
    row.other_methods = wanted.other_methods
    row.brake = wanted.caution.brake.value
    row.ask_above_minor = wanted.caution.ask_above.amount_minor if wanted.caution.ask_above else None
    row.quiet_from, row.quiet_until = wanted.caution.quiet_from, wanted.caution.quiet_until
    row.time_zone = wanted.caution.zone
    row.consent_id = consent_id
    row.version += 1
    row.changed_at, row.changed_by = clock.now(), by
    row.look_at = row.changed_at if wanted.enabled else None
    session.flush()
