"""Who is signed in, and for which customer: Flask-Login over the sessions that the server keeps."""

from flask import Flask, Response, flash, make_response, redirect, request, url_for
from flask_login import (  # type: ignore[import-untyped]
    AnonymousUserMixin,
    UserMixin,
    confirm_login,
    login_user,
    logout_user,
)

from app.domain.errors import Refused
from app.domain.language import _, marked
from app.domain.people.members import Actor
from app.extensions import login, settings
from app.models.customers import Customer
from app.services.sign_in import two_factor
from app.web import password_tries
from app.web.embedding import path_mode
from app.web.respond import is_htmx, wants_fragment
from app.web.session_cookie import NOTICES, TWO_FACTORS, portal_session

OPEN_BEFORE = frozenset({"authentication", "confirm_access", "passkeys", "sign_in", "sign_in_with", "two_factor"})
ASKS_FOR_IT = marked("Two-factor sign-in is asked for here. Set it up to go on, or sign in with a passkey.")
CUSTOMER_SHOWN = "X-Customer"
"""The header by which what a page asks says which customer it shows."""


class SignedInMember(UserMixin):  # type: ignore[misc]  # Flask-Login has no types
    """The member who acts, and the customer as it stood when the request began."""

    def __init__(self, actor: Actor, customer: Customer) -> None:
        self.actor, self.customer = actor, customer

    def get_id(self) -> str:
        """Return the member's id."""
        return self.actor.member_id


class Stranger(AnonymousUserMixin):  # type: ignore[misc]  # Flask-Login has no types
    """Whoever has not signed in."""

    actor: Actor | None = None
    customer: Customer | None = None


def init_app(app: Flask) -> None:
    """Let Flask-Login ask the server's sessions, and nothing else."""
    login.anonymous_user = Stranger
    login.user_loader(_member)
    # It compares the browser's address and name with what the session keeps, and looks before a session that is read
    # late has been read: it would never find anything. Our token is random, rotated, and revocable at once.
    login.session_protection = None
    login.init_app(app, add_context_processor=False)  # an error page must not look at the session


def sign_in(
    member_id: str,
    customer_id: str,
    sessions_ended: int | None = None,
    identity_id: str = "",
    *,
    by_two_factors: bool = False,
) -> None:
    """Begin the member's session under a new token, or refuse (409) where all were ended since the sign-in began."""
    portal_session().sign_in(member_id, customer_id, sessions_ended, identity_id, by_two_factors=by_two_factors)
    member = _member(member_id)
    if member is not None:  # else disabled this very moment: the next request finds nobody signed in
        login_user(member)
        password_tries.know_browser(member.actor.email)


def sign_out() -> None:
    """End the session on the server, and in the browser."""
    portal_session().sign_out()
    logout_user()


def confirm() -> bool:
    """Note that the member gave the password again, under a new token; False: the session has ended meanwhile."""
    if not portal_session().confirm():
        return False
    confirm_login()
    return True


def ask_same_customer(actor: Actor) -> Response | None:
    """Refuse what a page of another customer asks; a link of it loads the page behind it whole."""
    if request.headers.get(CUSTOMER_SHOWN, actor.customer_id) == actor.customer_id:
        return None
    if request.method not in {"GET", "HEAD"} or wants_fragment():
        raise another_customer(actor)
    onward = Response(status=204)
    onward.headers["HX-Redirect"] = path_mode.with_root(request.full_path.rstrip("?"))
    return onward


def ask_second_factor(actor: Actor) -> Response | None:
    """Lead to Authentication whoever has to set up two-factor sign-in first; None: it is on, or not asked for.

    Sessions that began before the seller asked for it are asked too; those of hosts and of read-only links are not.
    """
    if request.blueprint in OPEN_BEFORE or not lacks_second_factor(actor):
        return None
    kept = portal_session()
    where = url_for("authentication.page")
    if is_htmx():
        return Response(status=204, headers={"HX-Redirect": where})
    asked = _(ASKS_FOR_IT)
    if asked not in [sentence for _kind, sentence in kept.get(NOTICES) or []]:  # once, however many pages ask
        flash(asked, "warn")
    return make_response(redirect(where, 303))


def lacks_second_factor(actor: Actor) -> bool:
    """Say whether the seller asks for two factors and this session has shown one: it sees nothing of the customer."""
    kept = portal_session()
    if not settings().two_factor_required or TWO_FACTORS in kept:
        return False
    if kept.embedded or actor.is_link:
        return False
    if not two_factor.standing(actor.member_id).is_on:
        return True
    kept[TWO_FACTORS] = True  # set up in this session: to switch it on ends all others
    return False


def one_factor_is_left() -> None:
    """Note that a second factor is gone: where the seller asks for two, little is open until one is there again."""
    portal_session().pop(TWO_FACTORS, None)


def another_customer(actor: Actor) -> Refused:
    """Return what is said to a page that was made for another customer, or before the member switched."""
    words = _(
        "You act for {customer} now, and this page was made before that. Nothing was changed. "
        "Load it again, or switch the customer first.",
        customer=actor.customer_name,
    )
    return Refused(words, "another_customer", 409)


def _member(member_id: str) -> SignedInMember | None:
    """Return the member of this request's session, as its row says."""
    kept = portal_session()
    if kept.member is None or kept.billed is None or kept.member.member_id != member_id:
        return None
    return SignedInMember(kept.member, kept.billed)
