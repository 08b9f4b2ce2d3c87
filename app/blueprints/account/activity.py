"""Activity: who changed what for the customer, from what to what, when and from where; and what may be undone."""

from dataclasses import replace
from datetime import date
from functools import cache
from typing import Any

from flask import Blueprint, flash, redirect, request, url_for
from werkzeug.wrappers import Response

from app import clock
from app.domain.catalog import Catalog
from app.domain.errors import NotFound, Refused
from app.domain.language import _, marked
from app.domain.people.activity import AREAS, Area, may_undo
from app.forms import log_places
from app.presenters.people import activity as words
from app.presenters.people import activity_file
from app.services.catalog import versions
from app.services.people import activity, activity_undo
from app.services.people.activity import ActivityQuery, Entry, Place
from app.web import exports
from app.web.access import (
    current_actor,
    current_catalog,
    current_customer,
    current_unit,
    fresh_only,
    from_address,
    managers_only,
    own_sign_in_only,
)
from app.web.fields import PageForm
from app.web.respond import show

bp = Blueprint("activity", __name__, url_prefix="/account/activity")
PAGE, CONTENT = "activity/page.html", "activity/_content.html"
NAMES = ("person", "area", "first", "last")


@bp.get("/")
@own_sign_in_only
@managers_only
def page() -> Response:
    """Show the entries that match, the newest first, 25 at a time."""
    place = log_places.place(request.args.get("before", ""))
    query, given, reader = _query(place), _given(), _reader()
    found, older = activity.listed(current_customer().customer_id, query)
    return show(
        PAGE,
        CONTENT,
        form=PageForm(formdata=None),
        rows=[_row(each, reader) for each in found],
        given=dict.fromkeys(NAMES, "") | given,
        people=activity.people(current_customer().customer_id),
        areas=[(each.value, _(AREAS[each])) for each in Area],
        older=url_for("activity.page", **given, before=log_places.written(*older)) if older else "",
        newest=url_for("activity.page", **given) if place else "",
        csv=url_for("activity.csv_file", **given),
    )


@bp.get("/activity.csv")
@own_sign_in_only
@managers_only
def csv_file() -> Response:
    """Send every entry that matches as CSV, a line for each value that changed."""
    exports.from_replica()
    chunks = activity.export(current_customer().customer_id, _query(None))
    lines = activity_file.lines(chunks, _reader())
    return exports.as_csv_lines(f"activity-{clock.now():%Y-%m-%d}.csv", activity_file.HEADER, lines)


@bp.post("/<entry_id>/undo")
@own_sign_in_only
@managers_only
@fresh_only(marked("undo a change"), back="activity.page")
def undo(entry_id: str) -> Response:
    """Put back what the entry changed."""
    try:
        activity_undo.undo(current_actor(), entry_id, address=from_address())
    except Refused as refusal:
        if refusal.status in {403, 404}:
            raise
        flash(refusal.sentence, "bad")
        return redirect(url_for("activity.page"), 303)
    flash(_("It is as it was before that change."), "ok")
    return redirect(url_for("activity.page"), 303)


def _reader() -> words.Reader:
    customer = current_customer()

    @cache
    def sold(version: int) -> Catalog | None:
        try:
            return versions.sold(customer.catalog, version)
        except NotFound:
            return None

    return words.Reader(current_unit(), customer.currency, current_catalog(), sold)


def _row(entry: Entry, reader: words.Reader) -> words.Row:
    return words.Row(
        id=entry.id,
        at=entry.at,
        who=words.who(entry.actor, entry.name),
        sentence=words.sentence(entry.action),
        area=words.area(entry.action),
        values=words.values(entry.action, entry.before, entry.after, replace(reader, methods=entry.methods)),
        address=entry.address if entry.actor.startswith(("mem_", "acl_")) else "",
        may_undo=may_undo(entry.action, entry.before, entry.at, clock.now()),
    )


def _query(before: Place | None) -> ActivityQuery:
    given = _given()
    area = given.get("area", "")
    return ActivityQuery(
        person=given.get("person", ""),
        area=Area(area) if area else None,
        first=_day(given.get("first", "")),
        last=_day(given.get("last", "")),
        before=before,
    )


def _given() -> dict[str, Any]:
    """Return the filters of the address that can be read; the others are left out."""
    given = {name: request.args.get(name, "")[:40].strip() for name in NAMES}
    if given["area"] not in set(Area):
        given["area"] = ""
    for name in ("first", "last"):
        given[name] = str(_day(given[name]) or "")
    return {name: value for name, value in given.items() if value}


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
