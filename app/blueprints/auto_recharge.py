"""Auto-recharge: what may be charged automatically, how it stands, what was charged and why, and the way to stop it."""

from dataclasses import replace
from typing import Any
from zoneinfo import available_timezones

from flask import Blueprint, flash, redirect, request, url_for
from werkzeug.wrappers import Response

from app.domain.auto_recharge import terms as rule
from app.domain.auto_recharge.caution import BRAKES
from app.domain.auto_recharge.terms import Terms
from app.domain.errors import Refused
from app.domain.language import _, marked
from app.domain.money import Credits
from app.forms import log_places
from app.forms.auto_recharge import TermsForm, filled
from app.models.payments import PaymentMethod
from app.presenters import auto_recharge, recharge_log, recharge_preview, taxes
from app.presenters.status import status_line
from app.services.auto_recharge import log, questions, settings, simulation, standing, stop
from app.services.balance import history
from app.services.payment_methods import saved as saved_methods
from app.web.access import (
    current_actor,
    current_catalog,
    current_customer,
    current_taxation,
    current_unit,
    fresh_only,
    from_address,
    managers_only,
    offered_only,
)
from app.web.navigation import at_top
from app.web.respond import saved, show, wants_fragment

bp = Blueprint("auto_recharge", __name__, url_prefix="/billing/auto-recharge")
PAGE, CONTENT = "auto_recharge/page.html", "auto_recharge/_content.html"
CONSENT, PREVIEW = "auto_recharge/_consent.html", "auto_recharge/_simulation.html"


def _now() -> Terms:
    return settings.current(current_customer(), current_catalog())


def _allows_more_money() -> bool:
    """Say whether the form switches it on or raises the limit: then the password is asked for again."""
    wanted = TermsForm().to_try()
    return wanted is not None and rule.asks_for_password(_now(), _whole(wanted))


@bp.get("/")
@offered_only(_now)
def page() -> Response:
    """Show how it stands, the terms, and what was charged."""
    return show(PAGE, CONTENT, **_around(_fresh()))


@bp.post("/")
@offered_only(_now)
@managers_only
@fresh_only(marked("allow automatic charges"), back="auto_recharge.page", when=_allows_more_money)
def save() -> Response:
    """Keep the terms as they were typed, or say what is wrong with them."""
    form = TermsForm()
    valid, typed = form.validate(), form.wanted()
    if not valid or typed is None:
        form.point_at_first_error()
        return show(PAGE, CONTENT, status=422, **_around(form))
    actor, wanted = current_actor(), _whole(typed)
    try:
        now = _now()
        if wanted.version != now.version:  # before anything is asked about terms that hold no more
            raise settings.GONE_BY.copied()
        if rule.allows_more(now, wanted) and not form.consent.data:
            _check(wanted)
            raise Refused(_("Accept this sentence to allow these charges."), "not_accepted", 422, "consent")
        accepted = settings.Acceptance(actor.member_id, from_address(), form.sentence.data or "")
        settings.change(actor.customer_id, wanted, by=actor.member_id, accepted=accepted, address=from_address())
    except Refused as refusal:
        if refusal.reason == settings.CHANGED_MEANWHILE:
            refusal = _changed_meanwhile(form)
        if refusal.field == "pack" and not current_catalog().packs:  # no page of ours has sent that
            refusal = Refused(refusal.sentence, refusal.reason, refusal.status)
        form.refuse(refusal)
        form.point_at_first_error()
        return show(PAGE, CONTENT, status=refusal.status, **_around(form))
    notice = _("Auto-recharge is saved.") if wanted.enabled else _("Auto-recharge is off.")
    return saved("auto_recharge.page", CONTENT, notice, **_around(_fresh(), focus=True))


@bp.post("/sentence")
@offered_only(_now)
@managers_only
def sentence() -> Response:
    """Show the sentence of what is typed. Nothing is kept."""
    return show(PAGE, CONSENT, **_around(TermsForm()))


@bp.get("/simulation")
def simulation_opened() -> Response:
    """Lead back to the page: what was tried is in no address."""
    return redirect(url_for("auto_recharge.page"), 303)


@bp.post("/simulation")
@offered_only(_now)
@managers_only
def simulate() -> Response:
    """Say what the terms that are typed would have done on the last 90 days. Nothing is kept."""
    form = TermsForm()
    if request.args.get("part") == "preview" and wants_fragment():
        return show(PAGE, PREVIEW, may_manage=True, **_preview(form))
    return show(PAGE, CONTENT, **_around(form) | _preview(form))


@bp.post("/questions/<question_id>")
@offered_only(_now)
@managers_only
def answer(question_id: str) -> Response:
    """Take the answer to a charge that waits for a yes."""
    actor, is_yes = current_actor(), request.form.get("answer") == "yes"
    try:
        questions.answer(actor.customer_id, question_id, is_yes=is_yes, by=actor.member_id, address=from_address())
    except Refused as refusal:
        if refusal.status == 404:
            raise
        form = _fresh()
        form.refuse(refusal)
        return show(PAGE, CONTENT, status=refusal.status, **_around(form))
    notice = _("Yes: it is charged once.") if is_yes else _("No: nothing is charged automatically today.")
    return saved("auto_recharge.page", CONTENT, notice, **_around(_fresh(), focus=True))


@bp.post("/stop")
@offered_only(_now)
@managers_only
def stop_everything() -> Response:
    """Stop all automatic charges, and say what is on its way already."""
    actor = current_actor()
    try:
        found = stop.everything(actor.customer_id, _now(), by=actor.member_id, address=from_address())
    except Refused as refusal:  # changed by somebody else in this very moment
        form = _fresh()
        form.refuse(refusal)
        return show(PAGE, CONTENT, status=refusal.status, **_around(form))
    flash(auto_recharge.stopped(found), "ok")
    return saved("auto_recharge.page", CONTENT, "", **_around(_fresh(), focus=True))


def _fresh() -> TermsForm:
    """Return the form as it stands in the rows."""
    return TermsForm(formdata=None, data=filled(_now(), current_catalog()))


def _whole(typed: Terms) -> Terms:
    """Return the set with the catalog's values where the customer may not choose them."""
    catalog = current_catalog()
    return typed if catalog.auto_recharge.adjustable else rule.fixed(typed, catalog)


def _changed_meanwhile(form: TermsForm) -> Refused:
    """Let the next press of the button replace what was saved meanwhile."""
    form.version.data = str(_now().version)
    words = _("Other terms were saved meanwhile. Yours are still here: look at them, and save again to replace those.")
    return Refused(words, settings.CHANGED_MEANWHILE)


def _around(form: TermsForm, *, focus: bool = False) -> dict[str, Any]:
    """Return what the page shows. What holds is said of the saved terms; the sentence is of the typed ones."""
    customer, catalog, unit = current_customer(), current_catalog(), current_unit()
    numbers = history.numbers()
    found = standing.of(customer, catalog, numbers)
    methods = saved_methods.saved()
    before = log_places.place(request.args.get("before", ""))
    entries, more = log.listed(customer.customer_id, before)
    last = entries[0].decision if entries and not before else None
    older = log_places.written(entries[-1].decision.at, entries[-1].decision.id) if more else ""
    typed = form.to_try()
    wanted = _whole(typed) if typed else None
    return {
        "form": form, "found": found, "terms": found.terms, "said": auto_recharge.said(found, unit, last),
        "title": auto_recharge.title(found),
        "bar": auto_recharge.limit_bar(found), "methods": methods, "catalog": catalog,
        "adjustable": catalog.auto_recharge.adjustable, "focus": focus,
        "brakes": BRAKES, "adds_tax": catalog.adds_tax, "order": _order(wanted) if wanted else None,
        "consent_text": _sentence(wanted, methods) if wanted else "",
        "asks_consent": wanted is None or rule.allows_more(found.terms, replace(wanted, enabled=True)),
        "question": auto_recharge.question(found, questions.standing(customer.customer_id), unit),
        "zones": sorted(available_timezones()), "rows": recharge_log.rows(entries, unit, found.facts.used.currency),
        "older": url_for("auto_recharge.page", before=older) if older else "",
        "newest": url_for("auto_recharge.page") if before else "", "tried": False,
        **at_top(status_line.words, lambda: numbers),
    }  # fmt: skip


def _check(wanted: Terms) -> None:
    """Refuse what could not be saved, with the tax of today."""
    overage = Credits(current_customer().overage_protection_micros)
    rule.check(wanted, current_catalog(), overage, current_taxation())


def _preview(form: TermsForm) -> dict[str, Any]:
    """Return what the terms that are typed would have done; nothing where they could not be saved."""
    customer, catalog, typed = current_customer(), current_catalog(), form.to_try()
    around: dict[str, Any] = {"tried": True, "simulated": None, "could_be_saved": False}
    if typed is None:
        return around
    wanted = _whole(typed)
    try:
        _check(wanted)
    except Refused:
        return around
    around["could_be_saved"] = True
    found = simulation.of(customer, catalog, wanted)
    if found is None:
        return around
    listed, more = recharge_preview.rows(found)
    words = recharge_preview.sentence(found, wanted, current_unit())
    return around | {"simulated": found, "sentence": words, "listed": listed, "more": more}


def _order(wanted: Terms) -> taxes.TaxLines | None:
    """Return what one purchase by these terms comes to with its tax; nothing where it is not sold."""
    one = rule.sold(wanted, current_catalog(), current_taxation())
    return taxes.lines(one.price, one.treatment) if one is not None else None


def _sentence(wanted: Terms, methods: list[PaymentMethod]) -> str:
    """Return the sentence of these terms; nothing where they could not be saved."""
    try:
        _check(replace(wanted, enabled=True))
    except Refused:
        return ""
    chosen = [each for each in methods if (each.id == wanted.method_id if wanted.method_id else each.is_default)]
    return settings.sentence(replace(wanted, enabled=True), current_catalog(), chosen[0] if chosen else None)
