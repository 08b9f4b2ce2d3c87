"""Spend management: the customer's own limits for each UTC day, who is notified, and a preview on past days."""

from datetime import UTC, timedelta
from functools import partial
from typing import Any

from flask import Blueprint, redirect, url_for
from werkzeug.wrappers import Response

from app import clock, locale
from app.domain.errors import Refused
from app.domain.money import Credits
from app.domain.simulation import Simulation
from app.domain.spend_management import day_of
from app.forms.spend_management import LimitsForm, editable
from app.presenters import overview, spend_management, status_line
from app.services.balance import history
from app.services.notices import decisions
from app.services.spend_management import blocked_calls, simulation
from app.services.spend_management import limits as own_limits
from app.services.webhooks import endpoints, log
from app.web.access import current_actor, current_catalog, current_customer, current_unit, from_address, managers_only
from app.web.navigation import at_top
from app.web.respond import saved, show

bp = Blueprint("spend_management", __name__, url_prefix="/billing/spend-management")
PAGE, CONTENT = "spend_management/page.html", "spend_management/_content.html"


@bp.get("/")
def page() -> Response:
    """Show today, the limits, the webhook, the notifications and the refused calls."""
    return show(PAGE, CONTENT, **_around(_fresh()))


@bp.post("/")
@managers_only
def save() -> Response:
    """Keep the set as it was typed, or say what is wrong with it."""
    form = LimitsForm()
    valid, wanted = form.validate(), form.wanted()
    if not valid or wanted is None:
        form.point_at_first_error()
        return show(PAGE, CONTENT, status=422, **_around(form))
    actor = current_actor()
    sent_to = endpoints.of(actor.customer_id)
    try:
        own_limits.change(
            actor.customer_id,
            wanted,
            webhook_url=form.webhook_url.data,
            by=actor.member_id,
            address=from_address(),
        )
    except Refused as refusal:
        if refusal.reason == own_limits.CHANGED_MEANWHILE:
            refusal = _changed_meanwhile(form)
        form.refuse(refusal)
        form.point_at_first_error()
        return show(PAGE, CONTENT, status=refusal.status, **_around(form))
    notice = "Spend management is saved."
    if sent_to and not endpoints.of(actor.customer_id):
        notice += " Nothing is sent to your program any more. Its secret is kept for the next webhook URL."
    return saved("spend_management.page", CONTENT, notice, **_around(_fresh(), focus=True))


@bp.get("/simulation")
def simulation_opened() -> Response:
    """Lead back to the page: what was tried is in no address."""
    return redirect(url_for("spend_management.page"), 303)


@bp.post("/simulation")
@managers_only
def simulate() -> Response:
    """Say what the limits that are typed would have done to the last 90 days. Nothing is kept."""
    form = LimitsForm()
    valid, wanted = form.validate(), form.wanted()
    if valid and wanted is not None:
        return show(PAGE, CONTENT, **_around(form, tried=True))
    form.point_at_first_error()
    return show(PAGE, CONTENT, status=422, **_around(form, tried=True))


def _fresh() -> LimitsForm:
    """Return the form as it stands in the rows."""
    now = own_limits.current(current_customer(), current_catalog())
    endpoint = endpoints.of(current_customer().customer_id)
    return LimitsForm(
        formdata=None,
        data={
            "enabled": now.enabled,
            "daily_limit": editable(now.daily_limit),
            "notify_threshold": editable(now.notify_threshold),
            "webhook_url": endpoint.url if endpoint else "",
            "version": str(now.version),
        },
    )


def _changed_meanwhile(form: LimitsForm) -> Refused:
    """Say what is saved by now, and let the next press of the button replace it."""
    now = own_limits.current(current_customer(), current_catalog())
    form.version.data = str(now.version)
    written, parts = partial(locale.credits, unit=current_unit()), ["on" if now.enabled else "off"]
    parts.append(f"daily limit {written(now.daily_limit)}" if now.daily_limit else "no daily limit")
    parts.append(f"e-mail threshold {written(now.notify_threshold)}" if now.notify_threshold else "no e-mail threshold")
    endpoint = endpoints.of(current_customer().customer_id)
    parts.append(f"webhook URL {endpoint.url}" if endpoint else "no webhook URL")
    words = f"Spend management was changed while this page was open. It is now: {', '.join(parts)}."
    return Refused(f"{words} Nothing of yours was saved; save again to replace it.", own_limits.CHANGED_MEANWHILE)


def _around(form: LimitsForm, *, tried: bool = False, focus: bool = False) -> dict[str, Any]:
    """Return what the page shows. What holds is said of the saved set; the simulation is of the typed one."""
    customer, catalog, unit, now = current_customer(), current_catalog(), current_unit(), clock.now()
    limits, numbers = own_limits.current(customer, catalog), history.numbers()
    today, plan = day_of(now), blocked_calls.of_plan(customer, catalog)
    simulated = _simulated(form)
    yesterday, _today = history.days(today.date - timedelta(days=1), today.date)
    return {
        "form": form, "limits": limits, "numbers": numbers, "today": today, "yesterday": yesterday,
        "left": Credits(max(0, numbers.daily_left.micros)) if numbers.daily_left else Credits(0),
        "bar": overview.day_bar(numbers, unit), "simulated": simulated, "tried": tried, "focus": focus,
        "words": {
            "limit": spend_management.daily_limit(limits, numbers, now, unit),
            "threshold": spend_management.threshold(
                limits, numbers, customer.email, unit, decisions.of_threshold(customer.customer_id, today)
            ),
            "balance": spend_management.balance(numbers, unit),
            "refused": spend_management.really_refused(simulated, today.date) if simulated else "",
            "pace": spend_management.pace(limits, numbers, now),
        },
        "could_use": spend_management.could_use(numbers),
        "plan_limits": [(each, spend_management.plan_limit(each, plan.plan.title)) for each in plan.limits],
        "refused": [
            spend_management.refused(each, catalog, unit) for each in blocked_calls.latest(customer.customer_id)
        ],
        "given": [spend_management.notice_row(each, unit) for each in decisions.latest(customer.customer_id)],
        **log.around(customer.customer_id), **at_top(status_line.words, lambda: numbers),
    }  # fmt: skip


def _simulated(form: LimitsForm) -> Simulation | None:
    """Return what the limits that stand in the form would have done, where they can be read."""
    wanted = form.to_try()
    if wanted is None:
        return None
    customer = current_customer()
    return simulation.of(customer.customer_id, wanted, customer.created_at.astimezone(UTC).date())
