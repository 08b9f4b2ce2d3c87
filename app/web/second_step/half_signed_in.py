"""Between the password and the second factor: the visitor's session keeps for five minutes who is half signed in.

Whatever the first step was (a password, a new password, another provider), it ends here, and nowhere else.
"""

from dataclasses import dataclass
from datetime import datetime

from flask import Response, flash, make_response, redirect, url_for

from app import clock
from app.domain.errors import Refused
from app.domain.people.second_factors import HALF_SIGNED_IN
from app.services.access.members import SignedIn
from app.web import login
from app.web.access import safe_next
from app.web.session_cookie import portal_session

KEPT = "half_signed_in"


@dataclass(frozen=True)
class HalfSignedIn:
    """Who has given the password, where they were going, and how many times their sessions had been ended by then."""

    member_id: str
    customer_id: str
    next: str
    sessions_ended: int | None
    identity_id: str = ""
    """The linked account that began it."""


def go_on(who: SignedIn, wanted: str) -> Response:
    """Open the portal to the member, or ask for the second factor first where they have one."""
    if not who.has_two_factor:
        return _begin(who, wanted, by_two_factors=False)
    portal_session().begin_anew(
        who.customer_id,
        **{
            KEPT: {
                "member": who.member_id,
                "customer": who.customer_id,
                "next": safe_next(wanted),
                "ended": who.sessions_ended,
                "identity": who.identity_id,
                "until": (clock.now() + HALF_SIGNED_IN).isoformat(),
            }
        },
    )
    return make_response(redirect(url_for("second_factor.page"), 303))


def through(who: SignedIn | HalfSignedIn, wanted: str) -> Response:
    """Begin the session of a member who has shown both factors, and go on to where they were going."""
    return _begin(who, wanted, by_two_factors=True)


def _begin(who: SignedIn | HalfSignedIn, wanted: str, *, by_two_factors: bool) -> Response:
    """Begin the session; where all the member's sessions were ended since the sign-in began, it is over."""
    try:
        begun = (who.member_id, who.customer_id, who.sessions_ended, who.identity_id)
        login.sign_in(*begun, by_two_factors=by_two_factors)
    except Refused as refusal:
        flash(refusal.sentence, "warn")
        return make_response(redirect(url_for("sign_in.page"), 303))
    return make_response(redirect(safe_next(wanted), 303))


def current() -> HalfSignedIn | None:
    """Return who has given the password in this session less than five minutes ago, if anybody has."""
    kept = portal_session().get(KEPT)
    if not kept or clock.now() >= datetime.fromisoformat(kept["until"]):
        return None
    return HalfSignedIn(kept["member"], kept["customer"], kept["next"], kept.get("ended"), kept.get("identity", ""))


def is_over() -> bool:
    """Say whether somebody gave the password in this session, too long ago."""
    return KEPT in portal_session() and current() is None
