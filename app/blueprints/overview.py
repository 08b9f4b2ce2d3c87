"""Overview: what credit there is, what may be used now, how fast it goes, and what happened last."""

from collections.abc import Callable
from datetime import UTC, date, timedelta
from typing import Any

from flask import Blueprint, get_template_attribute, url_for
from markupsafe import Markup
from werkzeug.wrappers import Response

from app import locale
from app.domain.auto_recharge.decision import Outcome
from app.domain.dunning import arrears
from app.domain.dunning.standing import PAST_DUE, SUSPENDED
from app.domain.language import _, pgettext, remembered
from app.domain.money import Credits, Money
from app.domain.sold_terms import Terms
from app.domain.status_line import Kind, rank
from app.domain.usage_words import WITHOUT_A_METER
from app.models.customers import Customer
from app.presenters import bank_transfers, blocks, day_rows, forecast, invoices, overview_sums, pay_later, unpaid
from app.presenters.charts import KEPT, Ahead, Chart, Column, Mark, Measure, Point, balance_line, columns
from app.presenters.overview import (
    below_zero,
    binds,
    day_bar,
    expiry_words,
    meters,
    plan_words,
    readable,
    spend_words,
    used_since,
    without_meter,
)
from app.presenters.status import status_line
from app.presenters.usage_charts import WITHOUT_METER
from app.services.balance import overview
from app.services.balance.overview import Overview
from app.services.bank_transfers import orders
from app.services.dunning import reads as dunning
from app.services.invoices import reads
from app.services.invoices.reads import DocumentQuery
from app.services.ledger import exposure
from app.services.receivables import payments_due
from app.web.access import current_catalog, current_customer, current_unit
from app.web.navigation import to_ask, whom_of
from app.web.respond import show
from app.web.session_cookie import portal_session

bp = Blueprint("overview", __name__, url_prefix="/billing")
PAGE, CONTENT = "overview/page.html", "overview/_content.html"
INVOICES = 3
"""So many of the latest are named."""
SAYS_WHY = frozenset({Kind.BELOW_ZERO, Kind.NO_CREDIT})
"""What the status line says why of: the balance need not say it once more."""


@bp.get("/")
def page() -> Response:
    """Show where the customer stands; while a payment is under way the page asks again by itself."""
    catalog, customer = current_catalog(), current_customer()
    now = overview.now(customer.created_at.astimezone(UTC).date(), Terms.of(catalog, customer.plan))
    status = rank(now.facts)
    later = arrears.of(now.numbers)
    says_why = status is not None and status.kind in SAYS_WHY
    return show(
        PAGE,
        CONTENT,
        now=now,
        status_now=lambda: status_line.words(status, catalog, current_unit(), ask=whom_of(status)),
        numbers=now.numbers,
        sums=overview_sums.parts(now),
        words=day_rows,
        period=_period(now),
        used_since=used_since(now, current_unit()),
        forecast=_forecast(now),
        expiry=expiry_words(now.expiry, current_unit(), has_pace=now.has_pace),
        could_use=overview_sums.could_use(now.numbers),
        taken_by_calls=-now.numbers.held,
        taken_by_held=overview_sums.taken_by_held(now.numbers, current_unit()),
        none_left=Credits(0),
        overage=overview_sums.overage(now.numbers, later, current_unit()),
        later=later,
        later_note=pay_later.note(later, now.debt, current_unit()) if later else "",
        not_lent=pay_later.not_lent(exposure.not_lent(customer, catalog), current_unit(), to_ask),
        below_zero="" if says_why else below_zero(now.numbers, now.debt, current_unit()),
        average=_average(now),
        charts=_charts(now),
        chart=_shown,
        transfers=bank_transfers.lines(*orders.under_way(catalog, customer.customer_id)),
        under_way=[(payment, Money(payment.amount_minor, payment.currency)) for payment in now.under_way],
        billing_email=customer.email,
        lacks_po_number=customer.po_required and not now.po_number,
        invoices_due=portal_session().invoices_due,
        due=_due() if portal_session().invoices_due else [],
        stands=_stands(customer),
        invoices=[invoices.row(each) for each in reads.listed(DocumentQuery(limit=INVOICES)).rows],
        remaining_credits=lambda: now.numbers.remaining_credits,
        **_usage(now),
    )


def _due() -> list[str]:
    """Say of the oldest invoices that are due how much they are, and by when or since when."""
    return [invoices.due_when(each) for each in payments_due.standing().values() if each.is_due][:INVOICES]


def _stands(customer: Customer) -> unpaid.StandingWords | None:
    """Say how the customer stands whose invoices are past due."""
    if customer.standing not in {PAST_DUE, SUSPENDED}:
        return None
    catalog = current_catalog()
    found = dunning.of(customer.customer_id, catalog)
    return unpaid.standing(
        customer.standing, found.past_due, catalog.dunning, found.charged, is_processing=found.is_processing
    )


def _usage(now: Overview) -> dict[str, Any]:
    """Return the meters' bars, today's limit, what binds now and how spend management stands."""
    catalog, plan, unit = current_catalog(), current_customer().plan, current_unit()
    spend = spend_words(now, catalog)
    return {
        "meters": meters(now, catalog, plan, unit),
        "without_a_meter": (_(WITHOUT_A_METER), WITHOUT_METER, without_meter(now)),
        "plan": plan_words(now, catalog, plan),
        "day_bar": day_bar(now.numbers, unit),
        "binds": binds(now.numbers, unit, now.debt),
        "blocked": blocks.whatever_is_bought(now.facts, current_catalog(), unit),
        "spend": spend,
        "recharge": _recharge(now),
    }


def _recharge(now: Overview) -> str:
    """Say whether credit is bought automatically; nothing where the seller does not offer it."""
    if not (current_catalog().auto_recharge.offered or now.recharge_is_on):
        return ""
    stop = now.facts.recharge
    if stop is not None and stop.outcome not in {Outcome.ASKS, Outcome.MONEY_WENT_BACK}:
        return _("Stopped")
    return pgettext("a setting", "Enabled") if now.recharge_is_on else pgettext("a setting", "Disabled")


def _period(now: Overview) -> str:
    if now.period is None:
        return ""
    first, last = now.period.starts_at.date(), now.period.ends_at.date() - timedelta(days=1)
    return _("{first} to {last} (UTC)", first=forecast.dated(first), last=forecast.dated(last))


def _forecast(now: Overview) -> str:
    """Return when the credit runs out, or why nobody can say."""
    used_today = bool(now.days) and now.days[-1].used.micros > 0
    return forecast.lasts(now.facts, has_history=bool(now.days), has_pace=now.has_pace, used_today=used_today)


def _average(now: Overview) -> Credits | None:
    """Return what was used on average on the days before today; None while there is none."""
    before = [day.used.micros for day in now.days[:-1]]
    return readable(sum(before), len(before), now.numbers.credit_unit) if before else None


def _charts(now: Overview) -> dict[str, Chart | None]:
    """Return the balance of each day, and what was used on it."""
    if not now.days:
        return {"balance": None, "used": None}
    of_day = _days_of_history()
    measure, floor = Measure(current_unit()), -now.numbers.overage_protection.micros
    ahead, ends = None, 0 if now.numbers.remaining_credits.micros > 0 else floor
    if now.forecast:
        far = now.forecast.expected + (now.forecast.expected - now.today) * 4
        more = now.facts.recharged
        without = more is not None and more.is_counted
        ahead = Ahead(now.forecast.earliest, now.forecast.expected, now.forecast.latest or far, ends, without)
    unit = current_unit()
    limit, since = now.numbers.daily_limit, now.spend.changed_at.date() if now.spend else None
    spend = spend_words(now, current_catalog())
    marks = []
    if limit:
        marks.append(
            Mark(
                "limit",
                limit.micros,
                _("Daily limit"),
                _("At or over your {limit} daily limit", limit=locale.exact(limit, unit)),
                since,
            )
        )
    if spend and spend.threshold:
        note = _("From your {amount} e-mail threshold on", amount=locale.exact(spend.threshold, unit))
        marks.append(Mark("threshold", spend.threshold.micros, _("E-mail at"), note, since))
    return {
        "balance": balance_line(
            [Point(day.day, day.closing.micros, of_day(day.day)) for day in now.days],
            ahead,
            measure=measure,
            name=overview_sums.balance_chart(now, unit, _forecast(now)),
            floor=Mark("floor", floor, pay_later.end(now.numbers)),
        ),
        "used": columns(
            [Column(day.day, (day.used.micros,), of_day(day.day)) for day in now.days],
            measure=measure,
            name=overview_sums.used_chart(now, unit, since),
            series=(_("Credits used"),),
            marks=marks,
            today=now.today,
        ),
    }


@remembered(KEPT)
def _shown(chart: Chart, name: str, caption: str) -> Markup:
    """Return the chart as the macro writes it, kept by all that is in it: the same days are written once."""
    written: Markup = get_template_attribute("macros/charts.html", "chart")(chart, name, caption)
    return written


def _days_of_history() -> Callable[[date], str]:
    """Return what gives the address of each day's rows. One address is built, as there are sixty days on the page."""
    page = url_for("balance_history.page")
    return lambda day: f"{page}?from={day}&to={day}"
