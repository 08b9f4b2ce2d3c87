"""What mails about notices say: the figures of the time at which each was given."""

import json
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import select

from app import locale
from app.domain import notices as rule
from app.domain import rating
from app.domain.amounts import CreditUnit
from app.domain.amounts_in_json import parse_credits
from app.domain.catalog import Catalog
from app.domain.language import _
from app.domain.language import percent as with_sign
from app.domain.money import Credits
from app.domain.rating import Tariff
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
        **_limit(notice, figures, catalog, customer),
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


def _limit(notice: Notice, figures: dict[str, Any], catalog: Catalog, customer: Customer) -> dict[str, object]:
    if rule.MAILS.get(notice.rule) != rule.MAILS[rule.DAILY_LIMIT]:
        return {}
    known, on = CreditUnit(customer.credit_unit, catalog.credit_unit_label), rule.occasion_day(notice.occasion).date
    return {"has_used": has_used(customer.name, on, figures, known)}


def _alert(figures: dict[str, Any], catalog: Catalog, customer: Customer) -> dict[str, object]:
    """Return how far the meter was and at what the alert was to come, in words, and what use of the meter costs."""
    used, threshold, basis, unit = (figures[each] for each in ("quantity", "threshold", "basis", "unit"))
    known = CreditUnit(customer.credit_unit, catalog.credit_unit_label)
    tariff = rating.tariff(catalog, plan_of(catalog, customer.plan), figures["meter"])
    said: dict[str, object] = {
        "used": locale.counted(used, unit),
        "level": locale.counted(used, unit),
        "mark": locale.counted(threshold, unit),
        "alert_at": locale.counted(threshold, unit),
        "costs": costs(tariff, figures["title"], unit, known) if tariff and not tariff.is_free else "",
    }
    if figures["is_percent"] and basis:
        whole, percent = locale.counted(basis, unit), locale.whole(threshold)
        said |= {"level": _("{percent} % of your plan", percent=locale.whole(used * 100 // basis))}
        said |= {"mark": with_sign(percent)}
        said |= {"used": _("{used} of {all}", used=locale.whole(used), all=whole)}
        said |= {"alert_at": _("{percent} % of {all}", percent=percent, all=whole)}
    return said


def costs(tariff: Tariff, meter: str, unit: str, known: CreditUnit) -> str:
    """Say what use of the meter costs: a limit stops no use that was only reported."""
    included = {"allowance": locale.whole(tariff.allowance)}
    rate = tariff.rate or tariff.meter.credits
    if rate is None or (tariff.rate is None and tariff.meter.tiers):
        if tariff.allowance:
            return _("Usage beyond the {allowance} included in your plan costs credits.", **included)
        return _("Usage of {meter} costs credits.", meter=meter)
    price = {"price": locale.exact(rate, known)}
    if tariff.meter.per == 1:
        if tariff.allowance:
            return _(
                "Usage beyond the {allowance} included in your plan costs credits: {price} each.", **included, **price
            )
        return _("Usage of {meter} costs credits: {price} each.", meter=meter, **price)
    price |= {"n": locale.whole(tariff.meter.per), "unit": unit}
    if tariff.allowance:
        return _(
            "Usage beyond the {allowance} included in your plan costs credits: {price} per {n} {unit}.",
            **included,
            **price,
        )
    return _("Usage of {meter} costs credits: {price} per {n} {unit}.", meter=meter, **price)


def has_used(customer: str, on: date, figures: dict[str, Any], known: CreditUnit) -> str:
    """Say what was used of the daily limit, and what is held beside it."""
    values = {"customer": customer, "day": locale.day(on), "used": locale.amount(figures["used"], known)}
    values |= {"limit": locale.exact(figures["limit"], known)}
    if (held := figures.get("held", Credits(0))).micros:
        return _(
            "{customer} has used {used} of {limit} on {day} (UTC), and {held} is held for calls in progress.",
            held=locale.amount(held, known),
            **values,
        )
    return _("{customer} has used {used} of {limit} on {day} (UTC).", **values)


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
        return _("You get this e-mail because {customer} lists you as its billing contact.", customer=customer.name)
    return _("You get this e-mail because {customer} sends its usage alerts to this address.", customer=customer.name)


def _stop_link(customer_id: str, email: str) -> str:
    """Return the link by which a chosen address stops its alerts; none for the billing contact."""
    row = db.session.get(AlertRecipient, (customer_id, email), populate_existing=True)
    if row is None:
        return ""
    return portal_links.page("confirm_email.page", token=token(customer_id, email, row.asked_at))
