"""Spend management: the customer's own limits for each UTC day, a preview of them on past days, and the log."""

from datetime import UTC, date, timedelta
from typing import Any

from flask import Blueprint, redirect, request, url_for
from werkzeug.wrappers import Response

from app import clock
from app.domain.errors import Refused
from app.domain.money import Credits
from app.domain.simulation import Simulation
from app.domain.spend_management import Limits, day_of
from app.forms import log_places
from app.forms.spend_management import LimitsForm, editable
from app.presenters import overview, refused_calls, spend_management, spend_preview
from app.presenters.kept import notices
from app.presenters.status import status_line
from app.services.balance import history
from app.services.notices import decisions
from app.services.spend_management import blocked_calls, simulation
from app.services.spend_management import limits as own_limits
from app.services.webhooks import endpoints
from app.web.access import (
    comes_back,
    current_actor,
    current_catalog,
    current_customer,
    current_unit,
    from_address,
    managers_only,
)
from app.web.navigation import at_top
from app.web.respond import saved, show, wants_fragment

bp = Blueprint("spend_management", __name__, url_prefix="/billing/spend-management")
PAGE, CONTENT = "spend_management/page.html", "spend_management/_content.html"
PREVIEW = "spend_management/_simulation.html"
LOG, ENTRIES = "spend_management/log.html", "spend_management/_log.html"
TYPED = ("enabled", "daily_limit", "notify_threshold", "version")
"""What comes back after a session has ended; the version says that anything was typed at all."""


@bp.get("/")
def page() -> Response:
    """Show today, the limits, and what they would have done. What was typed as a session ended comes back."""
    typed = "version" in request.args
    return show(PAGE, CONTENT, **_around(LimitsForm(request.args) if typed else _fresh()))


@bp.post("/")
@comes_back("spend_management.page", *TYPED)
@managers_only
def save() -> Response:
    """Keep the limits as they were typed, or say what is wrong with them."""
    form = LimitsForm()
    valid, wanted = form.validate(), form.wanted(own_limits.current(current_customer(), current_catalog()))
    if not valid or wanted is None:
        form.point_at_first_error()
        return show(PAGE, CONTENT, status=422, **_around(form))
    actor = current_actor()
    try:
        own_limits.change(actor.customer_id, wanted, webhook_url=None, by=actor.member_id, address=from_address())
    except Refused as refusal:
        if refusal.reason == own_limits.CHANGED_MEANWHILE:
            refusal = _changed_meanwhile(form)
        form.refuse(refusal)
        form.point_at_first_error()
        return show(PAGE, CONTENT, status=refusal.status, **_around(form))
    notice = spend_management.saved(form.moved, current_unit())
    return saved("spend_management.page", CONTENT, notice, **_around(_fresh(), focus=True))


@bp.get("/simulation")
def simulation_opened() -> Response:
    """Lead back to the page: what was tried is in no address."""
    return redirect(url_for("spend_management.page"), 303)


@bp.post("/simulation")
@comes_back("spend_management.page", *TYPED)
@managers_only
def simulate() -> Response:
    """Say what the limits that are typed would have done to the last 90 days. Nothing is kept.

    While somebody types, only the preview is asked for: half of an amount is nothing wrong.
    """
    form = LimitsForm()
    if request.args.get("part") == "preview" and wants_fragment():
        now = own_limits.current(current_customer(), current_catalog())
        return show(PAGE, PREVIEW, **(_preview(form, now) | {"tried": False}))
    valid, wanted = form.validate(), form.wanted(own_limits.current(current_customer(), current_catalog()))
    if valid and wanted is not None:
        return show(PAGE, CONTENT, **_around(form, tried=True))
    form.point_at_first_error()
    return show(PAGE, CONTENT, status=422, **_around(form, tried=True))


@bp.get("/log")
def log() -> Response:
    """Show the notifications that were sent and the calls that were refused, a page of each."""
    customer, catalog, unit = current_customer(), current_catalog(), current_unit()
    own_limits.current(customer, catalog)
    asked = {name: request.args.get(name, "") for name in ("notified", "refused")}
    rows, more_notices = decisions.listed(customer.customer_id, log_places.place_of_notice(asked["notified"]))
    calls, more_calls = blocked_calls.listed(customer.customer_id, log_places.place(asked["refused"]))
    older = {"notified": "", "refused": ""}
    if rows and more_notices:
        older["notified"] = log_places.written(rows[-1].created_at, rows[-1].rule, rows[-1].occasion)
    if calls and more_calls:
        older["refused"] = log_places.written(calls[-1].created_at, calls[-1].id)
    return show(
        LOG,
        ENTRIES,
        given=[notices.notice_row(each, unit) for each in rows],
        refused=[refused_calls.refused(each, catalog, unit) for each in calls],
        older={name: _log(asked | {name: place}) if place else "" for name, place in older.items()},
        newest={name: _log(asked | {name: ""}) if place else "" for name, place in asked.items()},
    )


def _changed_meanwhile(form: LimitsForm) -> Refused:
    """Say what is saved by now, and let the next press of the button replace it."""
    now = own_limits.current(current_customer(), current_catalog())
    form.version.data = str(now.version)
    return spend_management.changed_meanwhile(now, endpoints.of(current_customer().customer_id), current_unit())


def _log(places: dict[str, str]) -> str:
    wanted: dict[str, Any] = {name: place for name, place in places.items() if place}
    return url_for("spend_management.log", **wanted)


def _fresh() -> LimitsForm:
    """Return the form as it stands in the rows."""
    now = own_limits.current(current_customer(), current_catalog())
    return LimitsForm(
        formdata=None,
        data={
            "enabled": now.enabled,
            "daily_limit": editable(now.daily_limit),
            "notify_threshold": editable(now.notify_threshold),
            "version": str(now.version),
        },
    )


def _around(form: LimitsForm, *, tried: bool = False, focus: bool = False) -> dict[str, Any]:
    """Return what the page shows. What holds is said of the saved limits; the preview is of the typed ones."""
    customer, catalog, unit, now = current_customer(), current_catalog(), current_unit(), clock.now()
    limits, numbers = own_limits.current(customer, catalog), history.numbers()
    today, plan = day_of(now), blocked_calls.of_plan(customer, catalog)
    yesterday, _today = history.days(today.date - timedelta(days=1), today.date)
    given = decisions.of_threshold(customer.customer_id, today)
    form.compare_with(limits, spend_preview.CHART)
    return {
        "form": form, "numbers": numbers, "today": today, "yesterday": yesterday,
        "left": Credits(max(0, numbers.daily_left.micros)) if numbers.daily_left else Credits(0),
        "bar": overview.day_bar(numbers, unit), "tried": tried, "focus": focus, "unsaved": form.differs_from(limits),
        "words": {
            "limit": spend_management.daily_limit(limits, numbers, unit),
            "threshold": spend_management.threshold(limits, numbers, customer.email, unit, given),
            "balance": spend_management.balance(numbers, unit),
            "title": spend_management.title(numbers),
            "pace": spend_management.pace(limits, numbers, now),
        },
        "could_use": spend_management.could_use(numbers),
        "plan_limits": [(each, spend_management.plan_limit(each, plan.plan.title)) for each in plan.limits],
        **_preview(form, limits), **at_top(status_line.words, lambda: numbers),
    }  # fmt: skip


def _preview(form: LimitsForm, limits: Limits) -> dict[str, Any]:
    """Return what the limits that stand in the form would have done, as far as they can be read."""
    found, unit = _simulated(form, limits), current_unit()
    return {
        "limits": limits, "simulated": found, "form": form, "chart_id": spend_preview.CHART,
        "chart": spend_preview.chart(found, unit, _day_of_history), "said": spend_preview.sentence(found, unit),
    }  # fmt: skip


def _simulated(form: LimitsForm, saved_limits: Limits) -> Simulation:
    customer = current_customer()
    wanted = form.to_try(saved_limits) or Limits(True, None, None)
    since = customer.created_at.astimezone(UTC).date()
    return simulation.of(customer.customer_id, wanted, since, saved_limits)


def _day_of_history(day: date) -> str:
    between: dict[str, Any] = {"from": day.isoformat(), "to": day.isoformat()}
    return url_for("balance_history.page", **between)
