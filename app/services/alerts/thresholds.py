"""Usage alerts: the thresholds a customer is notified of, and the addresses."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app import clock, ids, mailboxes
from app.domain import usage_alerts as rule
from app.domain.errors import NotFound, Refused
from app.domain.language import _
from app.domain.usage_alerts import Threshold
from app.models.customers import Customer
from app.models.database import db
from app.models.limits import AlertRecipient, AlertSettings, UsageAlert
from app.models.scope import as_service
from app.services import audit
from app.services.alerts import recipients, removals
from app.services.alerts.progress import Alert, Level, addresses, alert_of, levels, notified
from app.services.alerts.removals import Removed, RemovedAlert
from app.services.balance.summary import whose
from app.services.catalog import versions
from app.services.ledger import spending
from app.services.outbox import confirmations
from app.services.transaction import transaction
from app.services.usage.terms import plan_of

__all__ = [
    "Alert",
    "Alerts",
    "Level",
    "Recipient",
    "add",
    "add_email",
    "addresses",
    "current",
    "levels",
    "notified",
    "remove",
    "remove_email",
    "replace",
    "restore",
]  # fmt: skip


@dataclass(frozen=True)
class Recipient:
    """An address that alerts go to, once somebody there has confirmed it."""

    email: str
    asked_at: datetime
    confirmed_at: datetime | None

    @property
    def has_expired(self) -> bool:
        """Whether nobody confirmed while the mailed link worked."""
        return self.confirmed_at is None and self.asked_at + recipients.LASTS <= clock.now()

    @property
    def again_from(self) -> datetime | None:
        """The whole minute from which the address may be asked again; None: now."""
        return confirmations.again_from(self.asked_at)


@dataclass(frozen=True)
class Alerts:
    """What the customer chose; `version` grows with each change."""

    alerts: list[Alert]
    recipients: list[Recipient]
    version: int


@dataclass(frozen=True)
class _Wanted:
    thresholds: list[Threshold]
    emails: list[str]
    added: list[Threshold] = field(default_factory=list)
    by_id: dict[str, Threshold] = field(default_factory=dict)
    """What is there, by the ids of the rows."""
    back: Removed | None = None
    """What was removed a short while ago and comes back as it was."""


def current() -> Alerts:
    """Return the alerts and addresses of the customer in scope. Three small statements."""
    return _read(db.session(), whose())


def add(customer_id: str, wanted: Threshold, *, actor: str, address: str = "") -> Alerts:
    """Add one alert, or refuse it."""

    def more(now: _Wanted) -> _Wanted:
        return _Wanted([*now.thresholds, wanted], now.emails, [wanted])

    return _change(customer_id, more, actor, address)


def remove(customer_id: str, alert_id: str, *, actor: str, address: str = "") -> Alerts:
    """Remove the one alert of this id, or `NotFound`: one like it that was added since is another."""

    def without(now: _Wanted) -> _Wanted:
        gone = now.by_id.get(alert_id)
        if gone is None:
            raise NotFound("usage alert")
        return _Wanted([each for each in now.thresholds if each != gone], now.emails)

    return _change(customer_id, without, actor, address)


def add_email(customer_id: str, email: str, *, actor: str, address: str = "") -> Alerts:
    """Add an address and ask by mail whether alerts are welcome there, or refuse it."""
    wanted = mailboxes.normal(email)

    def more(now: _Wanted) -> _Wanted:
        return _Wanted(now.thresholds, [*now.emails, mailboxes.among(wanted, now.emails)])

    return _change(customer_id, more, actor, address)


def remove_email(customer_id: str, email: str, *, actor: str, address: str = "") -> Alerts:
    """Remove an address, or `NotFound`."""

    def without(now: _Wanted) -> _Wanted:
        gone = mailboxes.among(email, now.emails)
        if gone not in now.emails:
            raise NotFound("address")
        return _Wanted(now.thresholds, [each for each in now.emails if each != gone])

    return _change(customer_id, without, actor, address)


def restore(customer_id: str, gone: Removed, *, actor: str, address: str = "") -> Alerts:
    """Put back what was removed, as it was; refuse it where the seller has no room for it by now."""

    def more(now: _Wanted) -> _Wanted:
        if isinstance(gone, RemovedAlert):
            return _Wanted([*now.thresholds, gone.wants], now.emails, [gone.wants], back=gone)
        return _Wanted(now.thresholds, [*now.emails, gone.email], back=gone)

    return _change(customer_id, more, actor, address)


def replace(
    customer_id: str,
    thresholds: Iterable[Threshold],
    emails: Iterable[str],
    version: int,
    *,
    actor: str,
    address: str = "",
) -> Alerts:
    """Replace the set of that version with this one, or refuse it whole; an old version is refused (409).

    An alert or address that stays keeps what it has: its id, its confirmation.
    """
    wanted = list(thresholds)
    normal = [mailboxes.normal(each) for each in emails]

    def instead(now: _Wanted) -> _Wanted:
        return _Wanted(wanted, [mailboxes.among(each, now.emails) for each in normal], wanted)

    return _change(customer_id, instead, actor, address, version)


def _change(
    customer_id: str, decide: Callable[[_Wanted], _Wanted], actor: str, address: str, version: int | None = None
) -> Alerts:
    """Bring about what `decide` makes of the set that is there, under the customer's lock, in one transaction."""
    with as_service("change usage alerts"), transaction() as session:
        spending.lock(session, [customer_id])
        before = _read(session, customer_id)
        if version is not None and version != before.version:
            words = _("The usage alerts were changed meanwhile. Read them again, then send the change.")
            raise Refused(words, "version_gone_by")
        now = _Wanted(
            [each.wants for each in before.alerts],
            [each.email for each in before.recipients],
            by_id={each.id: each.wants for each in before.alerts},
        )
        wanted = decide(now)
        if wanted.back is not None and _has(now, wanted.back):
            return before  # somebody added the like meanwhile
        _check(session, customer_id, wanted)
        if set(wanted.thresholds) == set(now.thresholds) and set(wanted.emails) == set(now.emails):
            return before
        if isinstance(wanted.back, RemovedAlert):
            removals.put_back_alert(session, customer_id, wanted.back)
        elif wanted.back is not None:
            removals.put_back_address(session, customer_id, wanted.back)
        else:
            _write_alerts(session, customer_id, before.alerts, wanted.thresholds)
        for email in wanted.emails:
            if email not in now.emails and wanted.back is None:
                recipients.ask(session, customer_id, email)
        for row in session.scalars(select(AlertRecipient).where(AlertRecipient.customer_id == customer_id)).all():
            if row.email not in wanted.emails:
                session.delete(row)
        _count(session, customer_id)
        audit.record(
            session,
            customer_id,
            actor,
            "usage_alerts.changed",
            customer_id,
            before=_audited(now),
            after=_audited(wanted),
            address=address,
        )
        spending.touch(session, customer_id)
        session.flush()
        return _read(session, customer_id)


def _has(now: _Wanted, gone: Removed) -> bool:
    return gone.wants in now.thresholds if isinstance(gone, RemovedAlert) else gone.email in now.emails


def _check(session: Session, customer_id: str, wanted: _Wanted) -> None:
    customer = session.get_one(Customer, customer_id)
    catalog = versions.of(customer)
    for each in wanted.added:
        rule.check(each, catalog, plan_of(catalog, customer.plan))
    rule.check_all(wanted.thresholds, wanted.emails, catalog)


def _write_alerts(session: Session, customer_id: str, before: list[Alert], wanted: list[Threshold]) -> None:
    kept = {each.wants: each.id for each in before}
    for row in session.scalars(select(UsageAlert).where(UsageAlert.customer_id == customer_id)).all():
        if alert_of(row).wants not in wanted:
            session.delete(row)
    for each in wanted:
        if each not in kept:
            session.add(
                UsageAlert(
                    id=ids.new("alr"),
                    customer_id=customer_id,
                    meter=each.meter,
                    threshold=each.threshold,
                    is_percent=each.is_percent,
                    created_at=clock.now(),
                )
            )


def _count(session: Session, customer_id: str) -> None:
    settings = session.get(AlertSettings, customer_id)
    if settings is None:
        session.add(AlertSettings(customer_id=customer_id, version=2, changed_at=clock.now()))
    else:
        settings.version += 1
        settings.changed_at = clock.now()


def _read(session: Session, customer_id: str) -> Alerts:
    alerts = session.scalars(
        select(UsageAlert)
        .where(UsageAlert.customer_id == customer_id)
        .order_by(UsageAlert.meter, UsageAlert.is_percent, UsageAlert.threshold)
    ).all()
    addressed = session.scalars(
        select(AlertRecipient).where(AlertRecipient.customer_id == customer_id).order_by(AlertRecipient.email)
    ).all()
    version = session.scalar(select(AlertSettings.version).where(AlertSettings.customer_id == customer_id)) or 1
    return Alerts(
        [alert_of(row) for row in alerts],
        [Recipient(row.email, row.asked_at, row.confirmed_at) for row in addressed],
        version,
    )


def audited(now: Alerts) -> dict[str, object]:
    """Return the set as the audit trail keeps it."""
    return _audited(_Wanted([each.wants for each in now.alerts], [each.email for each in now.recipients]))


def _audited(wanted: _Wanted) -> dict[str, object]:
    """Return the set as the audit trail keeps it."""
    alerts = [f"{each.meter} {each.threshold}{' %' if each.is_percent else ''}" for each in sorted(wanted.thresholds)]
    return {"alerts": alerts, "emails": sorted(wanted.emails)}
