"""Payment methods: which are saved, which one is charged by default, adding and removing them, and their mandates."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, flash, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from app import clock
from app.domain import mandates as mandate_words
from app.domain.errors import Refused
from app.domain.language import _, marked, using
from app.domain.methods import MOST_METHODS, Expiry, SetupState, expiry, setup_problem
from app.extensions import settings
from app.forms import payment_methods
from app.forms.payment_methods import NewMethodForm
from app.models.payments import PaymentMethod
from app.models.setups import MethodSetup
from app.presenters import recharge_line
from app.services import portal_links
from app.services.auto_recharge import settings as auto_recharge
from app.services.papers import papers, stored
from app.services.payment_methods import mandates, processor_portal, setups
from app.services.payment_methods import saved as saved_methods
from app.web import security_headers
from app.web.access import (
    current_actor,
    current_catalog,
    current_customer,
    fresh_only,
    from_address,
    managers_only,
    offered_only,
    safe_next,
)
from app.web.filters import method_name
from app.web.respond import saved, show, wants_fragment

bp = Blueprint("payment_methods", __name__, url_prefix="/billing/payment-methods")
PAGE, CONTENT = "payment_methods/page.html", "payment_methods/_content.html"
SETUP_PAGE, SETUP = "payment_methods/setup.html", "payment_methods/_setup.html"
STRIPE_FORM = "payment_methods/stripe_form.html"


@dataclass(frozen=True)
class Row:
    """A saved method as the page shows it."""

    method: PaymentMethod
    expiry: Expiry
    mandate_id: str
    may_be_default: bool
    may_go: bool


@bp.get("/")
def page() -> Response:
    """Show the methods; a link may open the form for one more (`add`), or ask before one goes (`remove`)."""
    form = NewMethodForm(formdata=None, kind=_adding())
    return show(PAGE, CONTENT, **_around(form, removing=request.args.get("remove", "")[:40]))


@bp.post("/")
@managers_only
def add() -> Response:
    """Save what the form says, or send the customer on to whoever asks for it."""
    form = NewMethodForm()
    try:
        if not form.validate():
            return show(PAGE, CONTENT, status=422, **_around(form))
        setup = payment_methods.begin(form, back="")
        away = payment_methods.onward(setup)
    except Refused as refusal:
        form.refuse(refusal)
        return show(PAGE, CONTENT, status=refusal.status, **_around(form))
    return away or _saved(_saved_notice(setup))


@bp.post("/<method_id>/default")
@managers_only
def make_default(method_id: str) -> Response:
    """Charge this method by default."""
    try:
        method = saved_methods.make_default(current_actor(), method_id, address=from_address())
    except Refused as refusal:
        return _refused(_gone(method_id) or refusal)
    return _saved(_("{method} is your default payment method now.", method=method_name(method)))


@bp.post("/<method_id>/removal")
@managers_only
@fresh_only(
    lambda method_id: _("remove {method}", method=method_name(saved_methods.one(method_id))),
    back="payment_methods.page",
)
def remove(method_id: str) -> Response:
    """Remove the method."""
    try:
        method, next_default = saved_methods.remove(current_actor(), method_id, address=from_address())
    except Refused as refusal:
        return _refused(_gone(method_id) or refusal)
    return _saved(_removed_notice(method, next_default))


@bp.post("/portal")
@managers_only
@offered_only(lambda: processor_portal.ask_offered(current_catalog()))
@fresh_only(marked("open Stripe’s portal"), back="payment_methods.page")
def portal() -> Response:
    """Go to the processor's own portal; the way back remembers the default, which may go there before we look."""
    default = saved_methods.default()
    back = portal_links.page("payment_methods.portal_returned", **({"default": default.id} if default else {}))
    try:
        return payment_methods.away(processor_portal.address(current_actor(), return_url=back))
    except Refused as refusal:
        return _refused(refusal)


@bp.get("/portal/return")
def portal_returned() -> Response:
    """Come back from the processor's portal: take over what was done there."""
    if not processor_portal.came_back(current_actor().customer_id):
        flash(
            _("Our payment processor does not answer right now. Your changes there will show here a little later."),
            "warn",
        )
    gone = saved_methods.gone(request.args.get("default", "")[:40])
    if gone is not None:
        flash(_removed_notice(*gone), "ok")
    return redirect(url_for("payment_methods.page"), code=303)


@bp.get("/mandates/<mandate_id>.txt")
def mandate(mandate_id: str) -> Response:
    """Download a mandate as it was accepted, in the language of its words."""
    with using(mandates.language_of(mandate_id)):
        kept = mandates.read(mandate_id)
        answer = make_response(mandate_words.document(kept))
    answer.mimetype = "text/plain"
    answer.headers["Content-Disposition"] = f"attachment; filename=sepa-mandate-{kept.id}.txt"
    return answer


@bp.post("/mandates/<mandate_id>/pdf")
def mandate_pdf(mandate_id: str) -> Response:
    """Let a mandate be made as a PDF, and show the page that waits for it."""
    kept = mandates.read(mandate_id)
    paper_id = papers.request(current_customer().customer_id, papers.MANDATE, kept.id)
    return redirect(url_for("invoices.paper", paper_id=paper_id), code=303)


@bp.get("/setups/<setup_id>")
def setup(setup_id: str) -> Response:
    """Show how adding a method stands, or the processor's own form for it: whoever may only look gets no secret."""
    begun = setups.get(setup_id)
    if begun.state == SetupState.CREATED and not begun.test_method and current_actor().may_manage:
        secret = setups.client_secret(setup_id)
        if secret and wants_fragment():  # a part of a page stays under the content policy of the page around it
            return payment_methods.away(url_for("payment_methods.setup", setup_id=setup_id))
        if secret:
            return _stripe_form(begun, secret)
    return _how_it_stands(setups.get(setup_id))


@bp.get("/setups/<setup_id>/return")
def returned(setup_id: str) -> Response:
    """Come back from the bank, the wallet or the processor's form. Coming back twice changes nothing."""
    setups.get(setup_id)
    done = setups.settle(setup_id, returned=current_actor().may_manage)
    if done.state != SetupState.SUCCEEDED:
        return redirect(url_for("payment_methods.setup", setup_id=setup_id), code=303)
    flash(_saved_notice(done), "ok")
    return redirect(_back_with(done), code=303)


@bp.post("/setups/<setup_id>/cancellation")
@managers_only
def give_up(setup_id: str) -> Response:
    """Give up a method that waits for the customer."""
    setups.get(setup_id)
    setups.settle(setup_id, give_up=True)
    return _how_it_stands(setups.get(setup_id))


def _saved(notice: str) -> Response:
    adding = _adding()
    around = _around(NewMethodForm(formdata=None, kind=adding), focus=True)
    return saved("payment_methods.page", CONTENT, notice, values={"add": adding} if adding else {}, **around)


def _gone(method_id: str) -> Refused | None:
    """Return what to say of a press on a method that was removed meanwhile; None where it was not."""
    gone = saved_methods.gone(method_id)
    if gone is None:
        return None
    words = _("{method} has already been removed.", method=method_name(gone[0]))
    return Refused(words, "method_removed", 404)


def _refused(refusal: Refused) -> Response:
    """Say above the list why not."""
    form = NewMethodForm(formdata=None, kind=_adding())
    form.form_errors.append(refusal.sentence)
    return show(PAGE, CONTENT, status=refusal.status, **_around(form))


def _adding() -> str:
    """Return which form for one more stands open beside what was changed; it stays open."""
    return request.args.get("add", "")[:20]


def _around(form: NewMethodForm, *, removing: str = "", focus: bool = False) -> dict[str, Any]:
    """Return what the page shows around the form for one more; `focus` where the reader goes on after a change."""
    methods, policy, offer = saved_methods.saved(), current_catalog().payment_methods, payment_methods.offer()
    kept, today = mandates.by_method(methods), clock.now().date()
    rows = [
        Row(
            method=each,
            expiry=(dated := expiry(each.exp_month, each.exp_year, today)),
            mandate_id=kept.get(each.id, ""),
            may_be_default=dated is not Expiry.OVER and each.kind not in policy.top_up_only,
            may_go=policy.manage != "processor_portal" and (policy.may_remove_last or len(methods) > 1),
        )
        for each in methods
    ]
    adding = form.kind.data if form.kind.data in offer["rails"] else ""
    asked = next((row for row in rows if row.method.id == removing and row.may_go), None)
    return {
        "form": form, "rows": rows, "policy": policy, "adding": adding, "focus": focus, **offer,
        "earlier_mandates": mandates.earlier(kept.values()), "makes_pdf": stored.are_offered(),
        "removing": asked, "of_recharge": _of_recharge(asked, len(methods) - 1) if asked else "",
        "under_way": setups.under_way(), "is_full": len(methods) >= MOST_METHODS,
        "window": payment_methods.in_a_window(),
    }  # fmt: skip


def _of_recharge(asked: Row, others: int) -> str:
    """Say what auto-recharge does without the method that is asked about. One statement, for the question alone."""
    terms, method = auto_recharge.in_force(current_customer(), current_catalog()), asked.method
    return recharge_line.without(method.id, is_default=method.is_default, others=others, terms=terms)


def _how_it_stands(begun: MethodSetup) -> Response:
    waits = begun.state in {SetupState.PROCESSING, SetupState.CREATED}
    return show(
        SETUP_PAGE,
        SETUP,
        setup=begun,
        waits=waits,
        why=setup_problem(begun.problem)[0] if begun.state in {SetupState.FAILED, SetupState.CANCELED} else "",
        back=_back(begun),
    )


def _stripe_form(begun: MethodSetup, secret: str) -> Response:
    """Show Stripe's form, on a page of its own: the only one that may load Stripe's script."""
    values = {"setup": begun, "secret": secret, "key": settings().stripe_publishable_key, "back": _back(begun)}
    answer = make_response(render_template(STRIPE_FORM, return_url=setups.return_url(begun.id), **values))
    answer.headers["Content-Security-Policy"] = security_headers.policy(settings(), stripe_form=True)
    return answer


def _back(begun: MethodSetup) -> str:
    return safe_next(begun.back) if begun.back else url_for("payment_methods.page")


def _back_with(done: MethodSetup) -> str:
    """Return the page that the customer came from, with the new method chosen there."""
    back = _back(done)
    return f"{back}{'&' if '?' in back else '?'}{urlencode({'method': done.method_id})}" if done.back else back


def _removed_notice(method: PaymentMethod, next_default: PaymentMethod | None) -> str:
    removed = _("{method} is removed.", method=method_name(method))
    if next_default is None:
        return removed
    passed_on = _("{method} is your default payment method now.", method=method_name(next_default))
    return f"{removed} {passed_on}"


def _saved_notice(done: MethodSetup) -> str:
    method = next((each for each in saved_methods.saved() if each.id == done.method_id), None)
    return _("{method} is saved.", method=method_name(method)) if method else _("The payment method is saved.")
