"""What mails about notices say: the figures of the time at which each was given."""

import json
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import select

from app.domain import notices as rule
from app.domain import rating
from app.domain.amounts import CreditUnit
from app.domain.amounts_in_json import parse_credits
from app.domain.catalog import Catalog
from app.domain.money import Credits
from app.domain.units import quantity
from app.extensions import settings
from app.models.customers import Customer
from app.models.database import db
from app.models.limits import AlertRecipient, Notice
from app.models.mails import Mail
from app.models.scope import as_customer
from app.services import below_zero, portal_links
from app.services.catalog import versions
from app.services.link_tokens import token
from app.services.usage.terms import plan_of

_UNTIL_CLEARED = frozenset({rule.BALANCE_LOW, rule.BALANCE_DEPLETED})


def facts(customer_id: str, context: dict[str, Any]) -> dict[str, Any] | None:
    """Return what the mail's templates name, or None when what it would say is no longer so."""
    with as_customer(customer_id):
        key = (customer_id, str(context["rule"]), str(context["occasion"]))
        notice = db.session.get(Notice, key, populate_existing=True)
        customer = db.session.get_one(Customer, customer_id)
        catalog = versions.of(customer)
        if notice is None or (notice.rule in _UNTIL_CLEARED and notice.recovered_at is not None):
            return None
        if notice.rule == rule.BALANCE_RECOVERED and not _ends_a_warning(customer_id):
            return None
        stop = _stop_link(customer_id, str(context["email"])) if notice.rule == rule.USAGE_ALERT else ""
    figures = {name.removesuffix("_micros"): _value(name, value) for name, value in json.loads(notice.data).items()}
    return {
        "held": Credits(0),
        **figures,
        "seller": catalog.seller,
        "customer": customer,
        "credit_unit": customer.credit_unit,
        "label": catalog.credit_unit_label,
        "link": portal_links.page_or_overview(rule.PAGES.get(notice.rule, "overview.page")),
        "add_credits": portal_links.page("add_credits.page"),
        "stop": stop,
        "why_you": _why_you(customer, stop),
        "is_sandbox": settings().payments == "sandbox",
        **_times(notice),
        **_below_zero(notice.rule, figures, customer, catalog),
        **(_alert(figures, catalog, customer) if notice.rule == rule.USAGE_ALERT else {}),
        **(_expiring(figures) if notice.rule == rule.CREDITS_EXPIRING else {}),
    }


def _ends_a_warning(customer_id: str) -> bool:
    """Say whether the last mail that credit was low or used up has left, and it is not so again by now."""
    low = select(Notice.occasion).where(
        Notice.customer_id == customer_id, Notice.rule.in_(_UNTIL_CLEARED), Notice.recovered_at.is_(None)
    )
    warned = (
        select(Mail.state)
        .where(Mail.customer_id == customer_id, Mail.template.in_([rule.MAILS[each] for each in _UNTIL_CLEARED]))
        .order_by(Mail.created_at.desc(), Mail.id.desc())
        .limit(1)
    )
    return db.session.scalar(warned) == "sent" and db.session.scalar(select(low.exists())) is not True


def _alert(figures: dict[str, Any], catalog: Catalog, customer: Customer) -> dict[str, object]:
    """Return how far the meter was and at what the alert was to come, in words, and what use of the meter costs."""
    used, threshold, basis, unit = (figures[each] for each in ("quantity", "threshold", "basis", "unit"))
    tariff = rating.tariff(catalog, plan_of(catalog, customer.plan), figures["meter"])
    said: dict[str, object] = {
        "used": quantity(used, unit),
        "level": quantity(used, unit),
        "mark": quantity(threshold, unit),
        "alert_at": quantity(threshold, unit),
        "tariff": tariff if tariff and not tariff.is_free else None,
        "price": (tariff.rate or tariff.meter.credits) if tariff else None,
    }
    if figures["is_percent"] and basis:
        whole = quantity(basis, unit)
        said |= {"level": f"{used * 100 // basis:,} % of your plan", "mark": f"{threshold:,} %"}
        said |= {"used": f"{used:,} of {whole}", "alert_at": f"{threshold:,} % of {whole}"}
    return said


def _below_zero(of: str, figures: dict[str, Any], customer: Customer, catalog: Catalog) -> dict[str, object]:
    """Return how far the balance may go below zero, in words, where the notice is that little or nothing is left."""
    unit = CreditUnit(customer.credit_unit, catalog.credit_unit_label)
    if of == rule.BALANCE_LOW:
        return {"below_zero": below_zero.when_none_is_left(customer, unit)}
    return (
        {"below_zero": below_zero.none_is_left(customer, figures["remaining"], unit)}
        if of == rule.BALANCE_DEPLETED
        else {}
    )


def _expiring(figures: dict[str, Any]) -> dict[str, object]:
    """Return the grants that expire, with what is left of each as credits and when as times."""
    return {
        "grants": [
            {"credits": parse_credits(each["credits"]), "expires_at": _value("expires_at", each["expires_at"])}
            for each in figures["grants"]
        ]
    }


def _value(name: str, value: object) -> object:
    if name.endswith("_micros") and isinstance(value, int):
        return Credits(value)
    return datetime.fromisoformat(str(value)).astimezone(UTC) if name.endswith(("_at", "_until")) else value


def _times(notice: Notice) -> dict[str, object]:
    """Return the UTC day that the notice is about, and when it was over."""
    if notice.rule in rule.OF_NO_DAY:
        return {}
    day = rule.occasion_day(notice.occasion)
    return {"day": day.date, "day_ends": day.ends}


def _why_you(customer: Customer, stop: str) -> str:
    if not stop:
        return f"You get this e-mail because {customer.name} lists you as its billing contact."
    return f"You get this e-mail because {customer.name} sends its usage alerts to this address."


def _stop_link(customer_id: str, email: str) -> str:
    """Return the link by which a chosen address stops its alerts; none for the billing contact."""
    row = db.session.get(AlertRecipient, (customer_id, email), populate_existing=True)
    if row is None:
        return ""
    return portal_links.page("confirm_email.page", token=token(customer_id, email, row.asked_at))
