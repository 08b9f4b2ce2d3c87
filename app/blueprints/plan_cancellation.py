"""Cancel the plan to the end of what is paid, and keep it after all."""

from flask import Blueprint, flash, redirect, request, url_for
from werkzeug.wrappers import Response

from app.domain.catalog import Catalog
from app.domain.errors import Refused
from app.domain.language import _
from app.domain.money import Money
from app.forms import payment_methods
from app.forms.plan import CancellationForm
from app.presenters.plans import plan
from app.services.catalog import versions
from app.services.subscriptions import announced, cancellation, preview, reads
from app.services.subscriptions.preview import Target
from app.services.subscriptions.reads import Current
from app.web.access import current_actor, current_customer, managers_only
from app.web.respond import show, wants_fragment

bp = Blueprint("plan_cancellation", __name__, url_prefix="/billing/plan/cancellation")
PAGE, FORM = "plan_cancellation/page.html", "plan_cancellation/_form.html"


@bp.get("/")
def page() -> Response:
    """Say what ends, when, and what stays; ask why."""
    return _shown(CancellationForm(formdata=None))


@bp.post("/")
@managers_only
def cancel() -> Response:
    """Let the plan end with what is paid."""
    form, actor = CancellationForm(), current_actor()
    try:
        if not form.validate():
            return _shown(form, 422)
        row = cancellation.cancel(actor.customer_id, by=actor.member_id, reason=form.reason.data or "")
    except Refused as refusal:
        form.refuse(refusal)
        form.point_at_first_error()
        return _shown(form, refusal.status)
    if row.cancel_at is not None:
        ends = plan.day(row.cancel_at)
        flash(_("Your plan ends on {day}. Until then everything stays as it is.", day=ends), "ok")
    return _to_plan()


@bp.post("/undo")
@managers_only
def keep() -> Response:
    """Keep the plan, if it is renewed for the price that the member saw."""
    actor, has = current_actor(), reads.of(current_customer())
    if request.form.get("seen", "") != plan.kept(has, announced.renewed(has)).seen:
        return _shown(CancellationForm(formdata=None), 409, gone_by=True)
    cancellation.keep(actor.customer_id, by=actor.member_id)
    said = [_("You keep {plan}.", plan=has.has.plan.title)]
    if has.costs:
        said.append(_("It renews on {day}.", day=plan.day(has.period.ends_at)))
    flash(" ".join(said), "ok")
    return _to_plan()


def _shown(form: CancellationForm, status: int = 200, *, gone_by: bool = False) -> Response:
    customer = current_customer()
    has, offered = reads.of(customer), versions.offered(customer.catalog)
    gone, holds = plan.ending(has, offered)
    waits, scheduled = reads.open_orders()
    after = plan.default_plan(offered)
    return show(
        PAGE,
        FORM,
        status=status,
        form=form,
        title=has.has.plan.title,
        after=after.title,
        at_once=after.key if (back := _back_at_once(has, offered)) else "",
        back=back,
        waits=waits,
        gone=gone,
        holds=holds,
        ends=plan.day(has.row.cancel_at or has.period.ends_at),
        is_cancelled=has.row.cancel_at is not None,
        can_end=has.can_end,
        is_agreed=has.has.plan.on_request,
        seller=offered.seller_name,
        recharges=has.catalog.auto_recharge.offered,
        kept=plan.kept(has, announced.renewed(has)),
        gone_by=gone_by,
        becomes=plan.order_words(scheduled, versions.sold(customer.catalog, scheduled.catalog_version))
        if scheduled
        else "",
    )


def _back_at_once(has: Current, offered: Catalog) -> Money | None:
    """Return what comes back as credit where the plan after this one is chosen now; None: nothing does."""
    if has.row.cancel_at is not None or not has.can_end or offered.plans.downgrade != "immediate":
        return None
    try:
        given = preview.of(has.customer, Target(plan.default_plan(offered).key)).given
    except Refused:
        return None
    return given if given.amount_minor else None


def _to_plan() -> Response:
    address = url_for("plan.page")
    return payment_methods.away(address) if wants_fragment() else redirect(address, code=303)
