"""The figures of Spend management and of what may be used now, opened: the formula in words, and the rows behind it."""

from typing import Any

from flask import Blueprint, url_for
from werkzeug.wrappers import Response

from app import clock, locale
from app.domain.amounts import CreditUnit
from app.domain.errors import NotFound
from app.domain.language import _
from app.domain.numbers import SERVED
from app.forms import usage_query
from app.presenters import figures as present
from app.presenters import pay_later, spend_management
from app.presenters.usage_charts import WITHOUT_METER
from app.services.balance import history
from app.services.spend_management import figures
from app.services.spend_management.figures import Around
from app.services.usage import meters
from app.services.usage.figures import Figure, Part
from app.web.access import current_customer, current_unit
from app.web.respond import show

bp = Blueprint("spend_figures", __name__, url_prefix="/billing/spend-figures")
PAGE, FIGURE = "spend_management/figure.html", "spend_management/_figure.html"


@bp.get("/used/<day>")
def used(day: str) -> Response:
    """Show what was used on a UTC day, by meter."""
    on, around = usage_query.day(day), _around()
    if on > clock.now().date():
        raise NotFound("day")
    return _show(around, figures.day(around.customer_id, on), _("Used on {day}", day=locale.day(on)), "used", day=day)


@bp.get("/held")
def held() -> Response:
    """Show what the calls in progress hold, by meter."""
    around = _around()
    return _show(around, figures.held(around), _("Held for calls in progress"), "held")


@bp.get("/left")
def left() -> Response:
    """Show what is left of today's limit."""
    around = _around()
    if around.limit is None:
        raise NotFound("daily limit")
    return _show(around, figures.left_today(around), _("Left of today’s limit"), "left")


@bp.get("/balance")
def balance() -> Response:
    """Show what the balance and what lets it go below zero leave."""
    around, numbers = _around(), history.numbers()
    formula = present.credit(pay_later.beside(numbers))
    return _show(around, figures.could_use(around), spend_management.title(numbers), formula)


@bp.get("/available")
def available() -> Response:
    """Show what may be used now: what the balance leaves, or the day where that is less."""
    around, credit = _around(), present.credit(pay_later.beside(history.numbers()))
    return _show(around, figures.available(around), _("Available now"), credit)


@bp.get("/plan/<meter>")
def plan(meter: str) -> Response:
    """Show what is left of the plan's limit of a meter."""
    around = _around()
    found, use = figures.plan_left(around, meter), around.usage.of(meter)
    if found is None or use is None:
        raise NotFound("limit")
    return _show(
        around, found, _("{meter}, left of the plan’s limit", meter=use.meter.title), "plan_left", unit=use.meter.unit
    )


def _around() -> Around:
    return Around(current_customer(), meters.usage(current_customer()))


def _show(
    around: Around, found: Figure, title: str, formula: str, *, unit: str | None = None, day: str = ""
) -> Response:
    counted_in: CreditUnit | str = current_unit() if unit is None else unit
    words = present.OF_DAY if found.more.get("of_day") else present.FORMULAS.get(formula, formula)
    if formula not in present.FORMULAS and around.customer.standing not in SERVED:
        words = present.NOT_SERVED
    return show(
        PAGE,
        FIGURE,
        shown=present.shown(
            found,
            title=title,
            formula=words,
            unit=counted_in,
            titles={each.meter.key: each.meter.title for each in around.usage.meters},
            address=lambda part: _address(part, day),
        ),
    )


def _address(part: Part, day: str) -> str:
    """Return where the rows of the line are; nothing for what is chosen or sold."""
    match part.kind:
        case "meter":
            return url_for("usage.day", meter=part.meter or WITHOUT_METER, day=day)
        case "at_once":
            between: dict[str, Any] = {"from": day, "to": day}
            return url_for("balance_history.page", view="rows", kind="usage", **between)
        case "used_today":
            return url_for("spend_figures.used", day=part.day)
        case "held":
            return url_for("spend_figures.held")
        case "remaining":
            return url_for("balance_history.page", figure="remaining_credits")
        case "used":
            return url_for("usage_figures.quantity", meter=part.meter)
        case _:
            return ""
