"""Customers as the seller's programs find and change them."""

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app import clock, mailboxes
from app.domain import language
from app.domain.catalog import Catalog
from app.domain.errors import NotFound, Refused
from app.domain.language import _
from app.domain.sold_terms import Terms
from app.models.catalogs import CatalogVersion
from app.models.customers import Customer
from app.models.database import db
from app.models.scope import as_service
from app.services import audit
from app.services.catalog import versions
from app.services.customers import external_ids
from app.services.processor import profiles
from app.services.transaction import transaction

_WAY = "Preview the change with POST /v1/customers/{id}/subscription/preview, then make it with …/subscription/changes."
BY_SUBSCRIPTION = Refused(f"Another plan is ordered by the subscription. {_WAY}", "plan_by_subscription", 409, "plan")


@dataclass(frozen=True)
class Change:
    """What to change; None leaves it as it is."""

    name: str | None = None
    email: str | None = None
    external_id: str | None = None
    plan: str | None = None
    """Only the plan in force: another one is ordered by the subscription, with its price."""
    po_required: bool | None = None
    """Whether the customer's invoices need a purchase order number."""
    language: str | None = None
    """The language of the customer's documents and billing e-mails."""


def listed(
    limit: int, *, before: str | None = None, external_id: str | None = None, only: str | None = None
) -> list[Customer]:
    """Return up to `limit` customers, the newest first, older than the id `before`; `only` is the one to be seen."""
    wanted = select(Customer).order_by(Customer.customer_id.desc()).limit(limit)
    if before is not None:
        wanted = wanted.where(Customer.customer_id < before)
    if external_id is not None:
        wanted = wanted.where(Customer.external_id == external_id)
    if only is not None:
        wanted = wanted.where(Customer.customer_id == only)
    with as_service("list customers"):
        return list(db.session.scalars(wanted))


def id_of(external_id: str, *, only: str | None = None) -> str | None:
    """Return our id of the customer with this id of the seller's, or None; `only` is the one to be seen."""
    wanted = select(Customer.customer_id).where(Customer.external_id == external_id)
    if only is not None:
        wanted = wanted.where(Customer.customer_id == only)
    with as_service("look for a customer by the seller's own id"):
        return db.session.scalar(wanted)


def catalog_names() -> list[str]:
    """Return the names of the catalogs there are."""
    wanted = select(CatalogVersion.catalog).distinct().order_by(CatalogVersion.catalog)
    with as_service("list catalogs"):
        return list(db.session.scalars(wanted))


def catalogs_seen(name: str | None = None, *, only: str | None = None) -> list[Catalog]:
    """Return the newest version of each catalog there is, or of the one named. An unknown name finds none.

    `only` is the customer whose catalog alone may be seen: as the customer has it.
    """
    with as_service("read the catalogs"):
        if only is None:
            return [versions.offered(each) for each in catalog_names() if name in {None, each}]
        customer = db.session.get(Customer, only, populate_existing=True)
        return [versions.of(customer)] if customer is not None and name in {None, customer.catalog} else []


def catalog_for(name: str | None, currency: str | None, plan: str | None) -> str:
    """Return the catalog that a new customer buys from: the one that is named, or the only one that fits, or refuse."""
    with as_service("choose a catalog"):
        names = catalog_names() if name is None else [name]
        try:
            sold = [versions.offered(each) for each in names]
        except NotFound:
            raise Refused("There is no such catalog.", "catalog_unknown", 422, "catalog") from None
    fitting = [each for each in sold if currency in {None, each.currency}]
    if not fitting:
        raise Refused("Nothing is sold in this currency here.", "currency_not_sold", 422, "currency")
    with_plan = [each for each in fitting if plan is None or each.plans.plan(plan) is not None]
    if not with_plan:
        raise Refused("There is no such plan.", "plan_unknown", 422, "plan")
    if len(with_plan) > 1:
        words = f"Say which catalog: {', '.join(each.name for each in with_plan)}."
        raise Refused(words, "catalog_missing", 422, "catalog")
    return with_plan[0].name


def change(customer_id: str, wanted: Change, *, by: str) -> Customer:
    """Change a customer and write down who did and what it was before, or refuse."""
    values = _checked(wanted)
    with as_service("change a customer"):
        try:
            with transaction() as session:
                customer = locked(session, customer_id)
                if wanted.plan is not None and not _is_in_force(customer, wanted.plan):
                    raise BY_SUBSCRIPTION.copied()
                if wanted.language is not None:
                    values["language"] = checked_language(wanted.language, customer.language)
                was: dict[str, object] = {name: getattr(customer, name) for name in values}
                now = {name: value for name, value in values.items() if was[name] != value}
                was = {name: was[name] for name in now}
                for name, value in now.items():
                    setattr(customer, name, value)
                if not now.keys().isdisjoint({"name", "email"}):
                    profiles.changed(session, customer, clock.now())
                if now:
                    audit.record(session, customer_id, by, "customer.changed", customer_id, before=was, after=now)
        except IntegrityError:
            raise Refused("There is a customer with this external id already.", "external_id_taken", 409) from None
        return customer


def checked_language(given: str | None, now: str) -> str:
    """Return the language that documents are in from now on, among those that are offered; without one, that of now."""
    if given is None or given == now:
        return now
    if not given or language.offered(given) != given:
        raise Refused(_("Choose one of the languages."), "language_unknown", 422, "language")
    return given


def locked(session: Session, customer_id: str) -> Customer:
    """Return the customer, whose row is locked until the transaction ends, or refuse (404)."""
    customer = session.scalars(
        select(Customer).where(Customer.customer_id == customer_id).with_for_update()
    ).one_or_none()
    if customer is None:
        raise NotFound("customer")
    return customer


def _is_in_force(customer: Customer, plan: str) -> bool:
    """Say whether the customer has this plan already. Empty is the default plan of the version that it keeps."""
    own = versions.sold(customer.catalog, customer.catalog_version)
    return (plan or own.plans.default) == Terms.of(own, customer.plan).plan.key


def _checked(wanted: Change) -> dict[str, object]:
    values: dict[str, object] = {}
    if wanted.name is not None:
        values["name"] = _words("name", wanted.name.strip())
    if wanted.email is not None:
        values["email"] = mailboxes.normal(wanted.email)
    if wanted.external_id is not None:
        external_ids.check(wanted.external_id)
        values["external_id"] = wanted.external_id
    if wanted.po_required is not None:
        values["po_required"] = wanted.po_required
    return values


def _words(field: str, text: str) -> str:
    if not (1 <= len(text) <= 200 and text.isprintable()):
        words = "Send 1 to 200 characters that can be seen."
        raise Refused(words, f"{field}_malformed", 422, field)
    return text
