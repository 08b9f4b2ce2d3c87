"""Tries of a password: counted before it is looked at, for each address, for each member from there, and over all.

A browser in which the member has signed in before is known, and counts for itself: whoever guesses from many addresses
closes an account to browsers that nobody knows, and to no other.
"""

import hashlib
import hmac
from collections.abc import Callable
from ipaddress import ip_network
from typing import TypeVar

from flask import Response, after_this_request, current_app, request
from flask_login import current_user  # type: ignore[import-untyped]
from limits import RateLimitItemPerMinute

from app import ids, mailboxes
from app.domain.errors import Refused
from app.domain.language import _, marked
from app.extensions import settings
from app.web import shared_counts

PER_MEMBER = RateLimitItemPerMinute(5, 15, namespace="sign_in_member")
PER_ADDRESS = RateLimitItemPerMinute(50, 15, namespace="sign_in_address")
PER_ACCOUNT = RateLimitItemPerMinute(30, 15, namespace="sign_in_account")
"""From everywhere together, but for browsers that are known."""
LINKS_PER_ADDRESS = RateLimitItemPerMinute(10, 15, namespace="sign_in_links")
KNOWN, KNOWN_FOR = "known-browser", 180 * 24 * 3600
"""The cookie of a known browser, and the seconds that it lasts. It says of nobody who they are, and lets nobody in."""
OF_THE_NEXT_ONE = "new_password"
"""The field of a refusal that is about another password: the one that was asked for has fitted by then."""
TOO_MANY = marked("Too many tries. Wait 15 minutes, then try again.")
CLOSED = marked("Too many tries. Wait 15 minutes, or choose a new password by “Forgot your password?”.")
Checked = TypeVar("Checked")


def counted(email: str, check: Callable[[str], Checked]) -> Checked:
    """Return what `check` says for the network address, or refuse. A password that fits forgets the member's tries."""
    typed, address = mailboxes.kept(email), request.remote_addr or "unknown"
    browser, place = _named(typed), _place(address)
    is_known = bool(browser) or _is_signed_in(typed)
    account, member_key = _hash(typed), _hash(f"{typed} {browser or place}")
    tries = shared_counts.tries()
    if not tries.are_left(PER_ADDRESS, place) or not tries.take(PER_MEMBER, member_key):
        current_app.logger.warning("too many tries to sign in")
        raise Refused(_(TOO_MANY), "too_many_tries", 429)
    if not is_known and not tries.are_left(PER_ACCOUNT, account):
        current_app.logger.warning("too many tries to sign in to one account")
        raise Refused(_(CLOSED), "too_many_tries", 429)
    try:
        checked = check(address)
    except Refused as refusal:
        if refusal.field == OF_THE_NEXT_ONE:
            tries.forget(PER_MEMBER, member_key)
            raise
        tries.take(PER_ADDRESS, place)
        if not is_known:
            tries.take(PER_ACCOUNT, account)
        raise
    tries.forget(PER_MEMBER, member_key)
    return checked


def know_browser(email: str) -> None:
    """Let this browser be known as one in which the member has signed in, or has read a mail of theirs."""
    email = mailboxes.kept(email)
    if _named(email):
        return
    name = ids.new_token()
    value = f"{name}.{_proof(email, name)}"

    @after_this_request
    def keep(answer: Response) -> Response:
        secure = settings().secure
        answer.set_cookie(_cookie(), value, KNOWN_FOR, path="/", secure=secure, httponly=True, samesite="Lax")
        return answer


def ask_for_link() -> None:
    """Count that a link by mail is asked for from this network address, or refuse: who it is asked for does not matter.

    How many a member is sent is counted where they are written (`services/sign_in/links.py`), and never said.
    """
    if not shared_counts.tries().take(LINKS_PER_ADDRESS, _place(request.remote_addr or "unknown")):
        current_app.logger.warning("too many links asked for")
        raise Refused(_(TOO_MANY), "too_many_tries", 429)


def say_when(answer: Response) -> Response:
    """Say in the answer's headers when to try again, where there were too many tries."""
    if answer.status_code == 429:
        answer.headers["Retry-After"] = "900"
    return answer


def _is_signed_in(email: str) -> bool:
    actor = current_user.actor
    return actor is not None and mailboxes.kept(actor.email) == email


def _named(email: str) -> str:
    """Return the name of the browser as the member with this address knows it; nothing where it is not known."""
    name, _dot, proof = request.cookies.get(_cookie(), "").partition(".")
    return name if name and hmac.compare_digest(proof.encode(), _proof(email, name).encode()) else ""


def _proof(email: str, name: str) -> str:
    said = f"known browser {name} {email}"
    return hmac.new(settings().secret_key.encode(), said.encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()


def _cookie() -> str:
    return f"__Host-purser-{KNOWN}" if settings().secure else f"purser-{KNOWN}"


def _place(address: str) -> str:
    """Return what counts as one address: of IPv6 the network, in which each machine has as many as it likes."""
    try:
        return str(ip_network(f"{address}/64", strict=False)) if ":" in address else address
    except ValueError:
        return address


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def place_of(address: str) -> str:
    """Return what counts as one address, for other tries as well."""
    return _place(address)
