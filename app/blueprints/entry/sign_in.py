"""Sign in: the one page that strangers may open."""

import hashlib

from flask import Blueprint, Response, current_app, make_response, redirect, request, url_for
from limits import RateLimitItemPerMinute
from wtforms import HiddenField, PasswordField, StringField
from wtforms.validators import InputRequired

from app.domain.errors import Refused
from app.extensions import limiter
from app.services.access import members
from app.web.access import actor_or_none, public, safe_next
from app.web.fields import PageForm
from app.web.respond import show
from app.web.session_cookie import portal_session

bp = Blueprint("sign_in", __name__)
PAGE, FORM = "sign_in/page.html", "sign_in/_form.html"
PER_MEMBER = RateLimitItemPerMinute(5, 15, namespace="sign_in_member")
PER_ADDRESS = RateLimitItemPerMinute(50, 15, namespace="sign_in_address")


class SignInForm(PageForm):
    """Address and password."""

    email = StringField(
        "E-mail address",
        [InputRequired("Enter your e-mail address.")],
        render_kw={"autocomplete": "username", "maxlength": 254, "spellcheck": "false"},
    )
    password = PasswordField(
        "Password",
        [InputRequired("Enter your password.")],
        render_kw={"autocomplete": "current-password", "maxlength": 256},
    )
    next = HiddenField()


@bp.get("/sign-in")
@public
def page() -> Response:
    """Ask who it is; whoever is signed in goes on."""
    if actor_or_none():
        return make_response(redirect(safe_next(request.args.get("next", "")), 303))
    return show(PAGE, FORM, form=SignInForm(formdata=None, next=safe_next(request.args.get("next", ""))))


@bp.post("/sign-in")
@public
def sign_in() -> Response:
    """Sign in, or say that it did not fit. Tries are counted before the password is looked at."""
    form = SignInForm()
    if not form.validate():
        return show(PAGE, FORM, form=form, status=422)
    email, password, address = form.email.data or "", form.password.data or "", request.remote_addr or "unknown"
    member_key = hashlib.sha256(f"{email.strip().lower()} {address}".encode()).hexdigest()
    tries = limiter.limiter
    if not tries.test(PER_ADDRESS, address) or not tries.hit(PER_MEMBER, member_key):
        return _too_many(form)
    try:
        who = members.sign_in(email, password, address)
    except Refused as refusal:
        tries.hit(PER_ADDRESS, address)
        form.refuse(refusal)
        return show(PAGE, FORM, form=form, status=refusal.status)
    tries.clear(PER_MEMBER, member_key)
    portal_session().sign_in(who.member_id, who.customer_id)
    return make_response(redirect(safe_next(form.next.data or ""), 303))


@bp.post("/sign-out")
def sign_out() -> Response:
    """End the session here and on the server."""
    kept = portal_session()
    if kept.member:
        members.signed_out(kept.member.member_id)
    kept.sign_out()
    return make_response(redirect(url_for("sign_in.page"), 303))


def _too_many(form: SignInForm) -> Response:
    current_app.logger.warning("too many tries to sign in")
    form.refuse(Refused("Too many tries. Wait 15 minutes, then try again.", "too_many_tries", 429))
    answer = show(PAGE, FORM, form=form, status=429)
    answer.headers["Retry-After"] = "900"
    return answer
