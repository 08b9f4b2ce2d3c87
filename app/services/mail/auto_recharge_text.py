"""What mails about auto-recharge say: the figures of the time at which it came about."""

from datetime import UTC, datetime
from typing import Any

from app import clock
from app.domain.auto_recharge.caution import Why
from app.domain.language import _, marked
from app.domain.money import Credits, Money
from app.domain.payments import decline_sentence
from app.extensions import settings
from app.models.auto_recharge import AutoRechargeQuestion
from app.models.customers import Customer
from app.models.database import db
from app.models.scope import as_customer, as_service
from app.services import portal_links
from app.services.auto_recharge import questions
from app.services.catalog import versions

PAGE = "auto_recharge.page"
_WHY = {
    "money_went_back": marked("The money of an automatic charge was refunded, or your bank disputes it."),
    "no_method": marked("There is no payment method that can be charged."),
    "not_sold": marked("What it was to buy is no longer sold."),
    "above_limit": marked("With its tax, one purchase now comes to more than your limit for a billing period."),
}
_NEXT = {
    "declined": marked("Use another payment method, or add credits once with this one."),
    "money_went_back": marked("Auto-recharge is switched off. You can switch it on again when this is settled."),
    "no_method": marked("Add a payment method, and it goes on."),
    "not_sold": marked("Choose what to buy instead."),
    "above_limit": marked("Raise the limit, or buy less at once. Auto-recharge says why tax is added."),
}


def facts(customer_id: str, context: dict[str, Any]) -> dict[str, Any] | None:
    """Return what the mail's templates name; None where it asks what was answered meanwhile, or is over."""
    with as_customer(customer_id):
        customer = db.session.get_one(Customer, customer_id)
        catalog = versions.of(customer)
    said: dict[str, Any] = {
        "seller": catalog.seller,
        "customer": customer,
        "link": portal_links.page_or_overview(PAGE),
        "add_credits": portal_links.page("add_credits.page"),
        "is_sandbox": settings().payments == "sandbox",
    }
    if "question" in context:
        with as_service("write a question"):
            question = db.session.get_one(AutoRechargeQuestion, str(context["question"]), populate_existing=True)
            unit = customer.credit_unit
        if question.state != "open" or question.until <= clock.now():
            return None
        return said | {
            "amount": Money(question.amount_minor, customer.currency),
            "is_unusual": question.why == Why.UNUSUAL,
            "used_today": Credits(question.used_today_micros),
            "usual": Credits(question.usual_micros),
            "credit_unit": unit,
            "label": catalog.credit_unit_label,
            "until": question.until,
            "answer": questions.link(question.id),
        }
    if "percent" in context:
        currency = str(context["currency"])
        said |= {
            "percent": context["percent"],
            "limit": Money(int(context["limit_minor"]), currency),
            "used": Money(int(context["used_minor"]), currency),
            "period_ends": datetime.fromisoformat(str(context["period_ends"])).astimezone(UTC).date(),
        }
        return said
    reason, code = str(context["reason"]), str(context["code"])
    tried = _("It was tried as often as your bank lets us.")
    why = _(_WHY[reason]) if reason in _WHY else f"{decline_sentence(code)} {tried}"
    return said | {"why": why, "next": _(_NEXT[reason])}
