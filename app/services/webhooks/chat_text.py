"""What a chat says of each event: plain words, amounts as pages write them, and the page to go to."""

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

import structlog

from app import locale
from app.domain.amounts import CreditUnit, is_currency
from app.domain.amounts_in_json import parse_credits
from app.domain.catalog import Catalog
from app.domain.language import in_english
from app.domain.messages.chat import Message
from app.domain.money import Money
from app.domain.payments import decline_sentence
from app.models.customers import Customer
from app.models.events import OutboxEvent
from app.services import below_zero, portal_links

log = structlog.get_logger()
_STOPPED = {
    "declined": "The card was declined too often. Use another payment method.",
    "money_went_back": "Money of an automatic charge went back, so it is switched off.",
    "no_method": "There is no payment method that can be charged.",
    "not_sold": "What it was to buy is no longer sold.",
    "above_limit": "With its tax, one purchase comes to more than the limit of a billing period.",
}
Words = tuple[str, tuple[str, ...]]
"""A title and the sentences below it."""


class _Facts:
    """What an event says, with its amounts and times as pages write them."""

    def __init__(self, data: Mapping[str, Any], customer: Customer, catalog: Catalog) -> None:
        unit = customer.credit_unit
        self.data, self.customer = data, customer
        self.unit = CreditUnit(unit, "" if is_currency(unit) else catalog.credit_unit_label)

    def left(self, name: str) -> str:
        return locale.balance(parse_credits(self.data[name]), self.unit)

    def amount(self, name: str) -> str:
        return locale.amount(parse_credits(self.data[name]), self.unit)

    def exact(self, name: str) -> str:
        return locale.exact(parse_credits(self.data[name]), self.unit)

    def moment(self, name: str) -> str:
        return locale.moment(datetime.fromisoformat(self.data[name]))

    def money(self, name: str = "amount_minor") -> str:
        return locale.exact(Money(int(self.data[name]), str(self.data["currency"])))


def _low(say: _Facts) -> Words:
    return "Credit is low", (f"{say.left('remaining')} is left, which is less than {say.exact('low_balance')}.",)


def _depleted(say: _Facts) -> Words:
    next_ = below_zero.none_is_left(say.customer, parse_credits(say.data["remaining"]), say.unit)
    return "No credit is left", (f"The balance is {say.left('remaining')}. {next_}",)


def _recovered(say: _Facts) -> Words:
    return "Credit has recovered", (f"{say.left('remaining')} is left.",)


def _expiring(say: _Facts) -> Words:
    first = f"The first of it expires on {say.moment('expires_at')}."
    return f"{say.amount('credits')} of credit expires soon", (first, "What is left of it then is removed.")


def _threshold(say: _Facts) -> Words:
    said = f"{say.amount('used')} is used today; the threshold is {say.exact('threshold')}. It stops nothing."
    return "The e-mail threshold is reached", (said,)


def _limit(say: _Facts) -> Words:
    said = f"{say.amount('used')} of {say.exact('limit')} is used today."
    return "The daily limit is reached", (said, f"Calls are refused until {say.moment('blocked_until')}.")


def _reset(say: _Facts) -> Words:
    why = "A new day has begun." if say.data.get("reason") == "new_day" else "The limit was changed."
    return "The daily limit stops no calls any more", (why,)


def _usage_alert(say: _Facts) -> Words:
    data = say.data
    used, threshold = locale.quantity(data["quantity"], data["unit"]), locale.quantity(data["threshold"], data["unit"])
    if data["is_percent"] and data["basis"]:
        threshold = f"{locale.whole(data['threshold'])} % of {locale.quantity(data['basis'], data['unit'])}"
    return f"Usage alert: {data['title']}", (f"{used} used this billing period; the alert is at {threshold}.",)


def _charged(say: _Facts) -> Words:
    return f"{say.money()} was charged automatically", ("Credit was added to your balance.",)


def _not_charged(say: _Facts) -> Words:
    return f"{say.money()} could not be charged automatically", (decline_sentence(str(say.data["reason"])),)


def _stopped(say: _Facts) -> Words:
    why = _STOPPED.get(str(say.data["reason"]), "It charges nothing until somebody does something.")
    return "Auto-recharge has stopped", (why,)


def _charge_limit(say: _Facts) -> Words:
    said = f"{say.money('used_minor')} of {say.money('limit_minor')} is charged or on its way this billing period."
    return "The limit of automatic charges is near or reached", (said,)


_SAID: dict[str, tuple[Callable[[_Facts], Words], str]] = {
    "balance.low": (_low, "add_credits.page"),
    "balance.depleted": (_depleted, "add_credits.page"),
    "balance.recovered": (_recovered, "overview.page"),
    "credits.expiring": (_expiring, "overview.page"),
    "spend.threshold_reached": (_threshold, "spend_management.page"),
    "spend.daily_limit_reached": (_limit, "spend_management.page"),
    "spend.daily_limit_reset": (_reset, "spend_management.page"),
    "usage.alert": (_usage_alert, "usage.page"),
    "auto_recharge.succeeded": (_charged, "auto_recharge.page"),
    "auto_recharge.failed": (_not_charged, "auto_recharge.page"),
    "auto_recharge.suspended": (_stopped, "auto_recharge.page"),
    "auto_recharge.limit_80": (_charge_limit, "auto_recharge.page"),
    "auto_recharge.limit_100": (_charge_limit, "auto_recharge.page"),
}
_LINKS = {
    "add_credits.page": "Add credits",
    "overview.page": "See your balance",
    "spend_management.page": "Open Spend management",
    "usage.page": "See your usage",
    "auto_recharge.page": "Open Auto-recharge",
}


@in_english
def of(event: OutboxEvent, customer: Customer, catalog: Catalog) -> Message:
    """Return the message of the event. One that cannot be put into words still says that something came about."""
    title, page = "A billing notification", "overview.page"
    lines: tuple[str, ...] = ("See the billing portal for what came about.",)
    try:
        write, page = _SAID[event.type]
        title, lines = write(_Facts(json.loads(event.data), customer, catalog))
    except (KeyError, TypeError, ValueError):
        log.exception("chat_message_not_written", event_id=event.id, event_type=event.type)
    link = portal_links.page_or_overview(page)
    return Message(title, lines, about(customer, event.created_at), link, _LINKS[page])


@in_english
def test_of(customer: Customer, now: datetime) -> Message:
    """Return the message of the test button."""
    words = ("Messages about your credit, limits and automatic charges come here. Nothing has happened now.",)
    return Message("This is a test", words, about(customer, now), portal_links.page("notifications.page"))


def about(customer: Customer, at: datetime) -> str:
    """Return whom a message is about, and when it came about."""
    return f"{customer.name} · {locale.moment(at.astimezone(UTC))}"
