"""Usage: what each meter has counted against the plan, day by day, down to the events, and the usage alerts."""

from datetime import date, timedelta
from typing import Any

from flask import Blueprint, redirect, request, url_for
from werkzeug.wrappers import Response

from app import clock, mailboxes
from app.domain.errors import NotFound, Refused
from app.domain.language import _, labelled
from app.forms import usage_query
from app.forms.usage import AddressForm, AlertForm, HistoryForm, new_alert, offer
from app.presenters import pay_later, usage_charts, usage_sentences
from app.presenters import usage as present
from app.presenters.refused_calls import refused
from app.presenters.status import status_line
from app.presenters.usage_charts import ALL_METERS, WITHOUT_METER, Drawn
from app.services.alerts import recipients, removals, thresholds
from app.services.ledger import exposure
from app.services.operations import archived
from app.services.spend_management import blocked_calls
from app.services.usage import history, meters, stretches
from app.services.usage.meters import MeterUse, Usage
from app.web import undo
from app.web.access import current_actor, current_customer, current_unit, from_address, managers_only
from app.web.navigation import at_top, to_ask
from app.web.respond import saved, show

bp = Blueprint("usage", __name__, url_prefix="/billing/usage")
PAGE, HISTORY, ALERTS = "usage/page.html", "usage/_history.html", "usage/_alerts.html"
METER_PAGE, METER, DAY_PAGE, DAY = "usage/meter.html", "usage/_meter.html", "usage/day.html", "usage/_day.html"
ONE_DAY, EVENTS = timedelta(days=1), 25
POSTED = frozenset({"alerts", "addresses"})  # opened, they lead back to the page, but for a meter of that name


@bp.get("/")
def page() -> Response:
    """Show every meter's bar, the history of one of them, what is counted, and the alerts."""
    form, usage = HistoryForm(request.args), meters.usage(current_customer())
    offer(usage, form)
    valid = form.validate()
    around = _around(usage, form) | {"history": _history(usage, form) if valid else None}
    return show(PAGE, HISTORY, status=200 if valid else 422, **around)


@bp.get("/<meter>")
def meter(meter: str) -> Response:
    """Show one meter in one billing period: its bar, how its credits come about, and its days."""
    usage = meters.usage(current_customer(), usage_query.period_number(request.args.get("period", "")))
    if meter in POSTED and usage.of(meter) is None:
        return _back()
    use, today, credit = _use(usage, meter), clock.now().date(), current_unit()
    first, last = usage.period.starts_at.date(), usage.period.ends_at.date() - ONE_DAY
    days = history.every_day(_whose(), use.meter.key, use.tariff.kind, first, max(first, min(last, today)))
    shown, end = present.row_of(use, usage, credit), usage.period.ends_at.date()
    calls = blocked_calls.of_meter(current_customer().customer_id, use.meter, usage.period.number)
    return show(
        METER_PAGE,
        METER,
        row=shown,
        slug=meter,
        unit=shown.unit if use.meter.key else "",
        period=present.period_words(first, last),
        counts=usage_sentences.counts(use.tariff.kind) if use.meter.key else "",
        limit_effect=usage_sentences.limit_effect(shown.bar, end, use.cost, credit) if usage.period.is_open else "",
        refused=[refused(each, usage.catalog, credit) for each in calls],
        formula=usage_sentences.formula(shown.bar, use.cost, credit, is_open=usage.period.is_open),
        days=days,
        name=present.chart_name(days, shown.title, shown.unit),
        chart=present.chart(use, days, credit, _day_address, today),
        earlier=[
            (each, present.period_words(each.first, each.last), each.number == usage.period.number)
            for each in history.last_periods(current_customer().customer_id, use.meter.key)
        ],
    )


@bp.get("/<meter>/<day>")
def day(meter: str, day: str) -> Response:
    """Show the events behind one day of a meter, and the day added up again from them."""
    if meter in POSTED and day in {"removal", "mail", "undo"}:
        return _back()
    customer, on = current_customer(), usage_query.day(day)
    if meter == ALL_METERS:
        return _day_of_all(on)
    use = _use(meters.usage(customer), meter)
    key, after = use.meter.key, request.args.get("after", "")
    counted = history.day_of(customer.customer_id, key, on)
    found = meters.events(
        customer.customer_id, key, on, on, after=usage_query.place(after, on) if after else None, limit=EVENTS
    )
    added = history.added_up(customer.customer_id, key, use.tariff.kind, on)
    return show(
        DAY_PAGE,
        DAY,
        title=use.meter.title,
        slug=meter,
        on=on,
        unit=use.meter.unit if key else "",
        counted=counted,
        added=added,
        is_archived=added is None and archived.holds(on),
        added_words=present.added_words(use.tariff.kind, added.events) if added else "",
        events=[(each, present.details(each)) for each in found.events],
        newest=url_for("usage.day", meter=meter, day=day) if after else "",
        older=url_for("usage.day", meter=meter, day=day, after=usage_query.written(found.older)) if found.older else "",
    )


def _day_of_all(on: date) -> Response:
    """Show what each meter counted on one day."""
    used = meters.days(_whose(), on, on)
    if not used:
        raise NotFound("day")
    rows = present.day_rows(used, meters.usage(current_customer()))
    return show("usage/all_meters.html", "usage/_all_meters.html", on=on, rows=rows, total=present.cost_of(used))


@bp.post("/alerts")
@managers_only
def add_alert() -> Response:
    """Add a usage alert."""
    form = AlertForm()
    offer(meters.usage(current_customer()), form)
    try:
        if not form.validate():
            return _again(422, alert_form=form)
        thresholds.add(_whose(), form.wanted(), actor=_actor(), address=from_address())
    except Refused as refusal:
        form.refuse(refusal)
        return _again(refusal.status, alert_form=form)
    return _saved(_("Usage alert added."), form.meter.data)


@bp.post("/alerts/<alert_id>/removal")
@managers_only
def remove_alert(alert_id: str) -> Response:
    """Remove a usage alert."""
    try:
        gone = removals.alert(alert_id)
        thresholds.remove(_whose(), alert_id, actor=_actor(), address=from_address())
    except NotFound:
        return _gone(_("This alert has already been removed."))
    return _removed(_("Usage alert removed."), gone.id, gone)


@bp.post("/addresses")
@managers_only
def add_email() -> Response:
    """Add an address for alerts, and ask it by mail."""
    form = AddressForm()
    try:
        if not form.validate():
            return _again(422, email_form=form)
        thresholds.add_email(_whose(), form.email.data or "", actor=_actor(), address=from_address())
    except Refused as refusal:
        form.refuse(refusal)
        return _again(refusal.status, email_form=form)
    return _saved(_("An e-mail asks {email} to confirm usage alerts.", email=mailboxes.kept(form.email.data or "")))


@bp.post("/addresses/removal")
@managers_only
def remove_email() -> Response:
    """Take an address off the list."""
    email = request.form.get("email", "")[:254]
    try:
        gone = removals.address(email)
        thresholds.remove_email(_whose(), email, actor=_actor(), address=from_address())
    except NotFound:
        return _gone(_("{email}: this address was removed already.", email=mailboxes.kept(email)))
    return _removed(_("{email} no longer receives usage alerts.", email=gone.email), gone.email, gone)


@bp.post("/addresses/mail")
@managers_only
def ask_again() -> Response:
    """Send a new link to an address that has not confirmed yet."""
    form = AddressForm()
    email = (form.email.data or "")[:254]
    try:
        recipients.ask_again(_whose(), email, actor=_actor(), address=from_address())
    except Refused as refusal:
        again = AddressForm(formdata=None)
        again.form_errors.append(labelled(mailboxes.kept(email), refusal.sentence))
        return _again(refusal.status, email_form=again)
    return _saved(_("A new e-mail asks {email} to confirm usage alerts.", email=mailboxes.kept(email)))


def _around(usage: Usage, form: HistoryForm) -> dict[str, Any]:
    """Return what the page shows, but for the history."""
    return {
        "rows": present.rows(usage, current_unit()),
        "plain": present.without_meter(usage) if usage.without_meter else None,
        "plain_slug": WITHOUT_METER,
        "total": usage.cost,
        "corrected": history.corrected(_whose(), usage.period),
        "plan": usage.plan.title,
        "version": usage.catalog.version,
        "seller": usage.catalog.seller_name,
        "period": present.period_words(usage.period.starts_at.date(), usage.period.ends_at.date() - ONE_DAY),
        "history_form": form,
        "not_lent": pay_later.not_lent(exposure.not_lent(current_customer(), usage.catalog), current_unit(), to_ask),
        **at_top(status_line.words),
        **_alerts(usage, added=request.args.get("added", "")),
    }


def _alerts(
    usage: Usage, alert_form: AlertForm | None = None, email_form: AddressForm | None = None, added: str = ""
) -> dict[str, Any]:
    """Return what the page shows of alerts, around the forms as they were filled in; `added`: the meter chosen last."""
    now, customer = thresholds.current(), current_customer()
    notified = thresholds.notified(usage.period.number) if now.alerts else {}
    alert_form = alert_form or new_alert(usage, added)
    offer(usage, alert_form)
    return {
        "alerts": present.alert_rows(now.alerts, notified, usage),
        "recipients": now.recipients,
        "is_confirmed": any(each.confirmed_at for each in now.recipients),
        "billing_email": customer.email,
        "most_emails": usage.catalog.usage.alert_emails,
        "alert_form": alert_form,
        "email_form": email_form or AddressForm(formdata=None),
        "kept": _kept(),
        "focus": False,
    }


def _history(usage: Usage, form: HistoryForm) -> Drawn:
    """Return what the days cost that are chosen, or what the chosen meter counted on them."""
    use = usage.of(form.meter.data or "")
    form.meter.data, form.days.data = form.meter.data or "", form.days.data or stretches.PERIOD
    days = stretches.compared(current_customer(), usage, form.days.data, use.meter.key if use else None)
    if use is None:
        return usage_charts.cost_of_all(days, usage.meters, current_unit(), _day_address)
    return usage_charts.quantity_of_one(days, use, current_unit(), _day_address)


def _day_address(slug: str, day: date) -> str:
    return url_for("usage.day", meter=slug, day=day.isoformat())


def _again(status: int, *, alert_form: AlertForm | None = None, email_form: AddressForm | None = None) -> Response:
    """Show the page with what was typed and why it was refused."""
    usage, form = meters.usage(current_customer()), HistoryForm(request.args)
    offer(usage, form)
    if not form.validate():
        form = HistoryForm(formdata=None)
        offer(usage, form)
    for typed in filter(None, (alert_form, email_form)):
        typed.point_at_first_error()
    around = _around(usage, form) | _alerts(usage, alert_form, email_form)
    return show(PAGE, ALERTS, status=status, **around, history=_history(usage, form))


def _gone(sentence: str) -> Response:
    """Show the list as it is by now to somebody who changed what is not there any more."""
    form = AlertForm(formdata=None)
    form.form_errors.append(sentence)
    return _again(404, alert_form=form)


def _removed(notice: str, key: str, gone: removals.Removed) -> Response:
    undo.offer(notice, "usage_undo.put_back", key, removals.kept(gone))
    return _saved("")


def _saved(notice: str, added: str = "") -> Response:
    around = _alerts(meters.usage(current_customer()), added=added) | {"focus": True}
    return saved("usage.page", ALERTS, notice, values=_kept() | ({"added": added} if added else {}), **around)


def _kept() -> dict[str, str]:
    """Return what the address says of the history, so that a change below it does not lose the choice."""
    return {name: request.args[name][:100] for name in ("meter", "days") if request.args.get(name)}


def _back() -> Response:
    return redirect(url_for("usage.page", meter=request.args.get("meter"), days=request.args.get("days")), 303)


def _use(usage: Usage, slug: str) -> MeterUse:
    """Return the meter of an address; credit taken without one has a name of its own."""
    if slug == WITHOUT_METER:
        return present.without_meter(usage)
    found = usage.of(slug)
    if found is None:
        raise NotFound("meter")
    return found


def _whose() -> str:
    return current_customer().customer_id


def _actor() -> str:
    return current_actor().member_id
