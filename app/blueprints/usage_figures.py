"""The figures of the Usage page, opened: the formula in words, and the rows that come to the same by another way."""

from typing import Any

from flask import Blueprint, request, url_for
from werkzeug.wrappers import Response

from app.domain.amounts import CreditUnit
from app.domain.errors import NotFound
from app.domain.language import _, marked
from app.forms import usage_query
from app.forms.usage import STRETCHES
from app.presenters import figures as present
from app.presenters.usage import period_words, without_meter
from app.presenters.usage_charts import ALL_METERS, WITHOUT_METER
from app.services.usage import figures, meters
from app.services.usage.figures import ADDED_UP, Figure, Part
from app.services.usage.meters import DAY, MeterUse, Usage
from app.services.usage.stretches import PERIOD
from app.web.access import current_customer, current_unit
from app.web.respond import show

bp = Blueprint("usage_figures", __name__, url_prefix="/billing/usage-figures")
PAGE, FIGURE = "usage/figure.html", "usage/_figure.html"
OF_DAYS = {
    PERIOD: marked("{meter}, this period"),
    "30": marked("{meter}, last 30 days"),
    "90": marked("{meter}, last 90 days"),
}


@bp.get("/cost")
def cost() -> Response:
    """Show what the billing period cost by meter, or what one meter cost by day."""
    usage, use = _asked()
    found = figures.cost(current_customer().customer_id, usage, use)
    title = _("{meter}, cost", meter=use.meter.title) if use else _("Cost of all meters")
    return _show(usage, use, found, title, "cost")


@bp.get("/quantity")
def quantity() -> Response:
    """Show what a meter counted in the billing period, by day."""
    usage, use = _asked()
    if use is None or not use.meter.key:
        raise NotFound("meter")
    found = figures.quantity(current_customer().customer_id, usage, use)
    return _show(usage, use, found, _("{meter}, used", meter=use.meter.title), "quantity", use.meter.unit)


@bp.get("/corrections")
def corrections() -> Response:
    """Show the corrections of the billing period by day."""
    usage, _use = _asked()
    found = figures.corrections(current_customer().customer_id, usage.period)
    return _show(usage, None, found, _("Corrections"), "corrections")


@bp.get("/net")
def net() -> Response:
    """Show what the billing period cost by meter, less what was corrected in it."""
    usage, _use = _asked()
    found = figures.net(current_customer().customer_id, usage)
    return _show(usage, None, found, _("Usage this period"), "net")


@bp.get("/days")
def days() -> Response:
    """Show the days of the page's chart, or those before them, of one meter or of all."""
    usage, use = _asked()
    chosen = request.args.get("days", "") or next(iter(STRETCHES))
    if chosen not in STRETCHES or (use is not None and (not use.meter.key or use.tariff.kind not in ADDED_UP)):
        raise NotFound("days")
    before = request.args.get("before", "") == "yes"
    found = figures.stretch(current_customer(), usage, chosen, use, before=before)
    what = use.meter.title if use else _("All meters")
    title = _("{meter}, the days before", meter=what) if before else _(OF_DAYS[chosen], meter=what)
    return _show(usage, use, found, title, "stretch", use.meter.unit if use else None)


def _asked() -> tuple[Usage, MeterUse | None]:
    """Return the billing period and the meter that the address names; None: all meters."""
    usage = meters.usage(current_customer(), usage_query.period_number(request.args.get("period", "")))
    slug = request.args.get("meter", "")
    if not slug:
        return usage, None
    use = without_meter(usage) if slug == WITHOUT_METER else usage.of(slug)
    if use is None:
        raise NotFound("meter")
    return usage, use


def _show(
    usage: Usage, use: MeterUse | None, found: Figure, title: str, formula: str, unit: str | None = None
) -> Response:
    counted_in: CreditUnit | str = current_unit() if unit is None else unit
    words = present.COUNTED[use.tariff.kind] if formula == "quantity" and use else present.FORMULAS[formula]
    first, last = usage.period.starts_at.date(), usage.period.ends_at.date() - DAY
    return show(
        PAGE,
        FIGURE,
        shown=present.shown(
            found,
            title=title,
            formula=words,
            unit=counted_in,
            titles={each.meter.key: each.meter.title for each in usage.meters},
            address=lambda part: _address(part, usage, use),
        ),
        period="" if formula == "stretch" else period_words(first, last),
    )


def _address(part: Part, usage: Usage, use: MeterUse | None) -> str:
    """Return where the rows of the line are."""
    of: dict[str, Any] = {} if usage.period.is_open else {"period": usage.period.number}
    match part.kind:
        case "meter":
            return url_for("usage_figures.cost", meter=part.meter or WITHOUT_METER, **of)
        case "corrections":
            return url_for("usage_figures.corrections", **of)
        case "correction":
            between: dict[str, Any] = {"from": part.day, "to": part.day}
            return url_for("balance_history.page", kind="correction", **between)
        case _:
            slug = ALL_METERS if use is None else use.meter.key or WITHOUT_METER
            return url_for("usage.day", meter=slug, day=part.day)
