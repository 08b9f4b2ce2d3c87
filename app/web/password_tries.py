"""Tries of a password: counted before it is looked at, for each address and for each member from there."""

import hashlib
from collections.abc import Callable
from typing import TypeVar

from flask import Response, current_app, request
from limits import RateLimitItemPerMinute

from app.domain.errors import Refused
from app.web import shared_counts

PER_MEMBER = RateLimitItemPerMinute(5, 15, namespace="sign_in_member")
PER_ADDRESS = RateLimitItemPerMinute(50, 15, namespace="sign_in_address")
LINKS_PER_ADDRESS = RateLimitItemPerMinute(10, 15, namespace="sign_in_links")
Checked = TypeVar("Checked")


def counted(email: str, check: Callable[[str], Checked]) -> Checked:
    """Return what `check` says for the network address, or refuse. A password that fits forgets the member's tries."""
    address = request.remote_addr or "unknown"
    member_key = hashlib.sha256(f"{email.strip().lower()} {address}".encode()).hexdigest()
    tries = shared_counts.tries()
    if not tries.are_left(PER_ADDRESS, address) or not tries.take(PER_MEMBER, member_key):
        current_app.logger.warning("too many tries to sign in")
        raise Refused("Too many tries. Wait 15 minutes, then try again.", "too_many_tries", 429)
    try:
        checked = check(address)
    except Refused:
        tries.take(PER_ADDRESS, address)
        raise
    tries.forget(PER_MEMBER, member_key)
    return checked


def ask_for_link() -> None:
    """Count that a link by mail is asked for from this network address, or refuse: who it is asked for does not matter.

    How many a member is sent is counted where they are written (`services/sign_in/links.py`), and never said.
    """
    if not shared_counts.tries().take(LINKS_PER_ADDRESS, request.remote_addr or "unknown"):
        current_app.logger.warning("too many links asked for")
        raise Refused("Too many tries. Wait 15 minutes, then try again.", "too_many_tries", 429)


def say_when(answer: Response) -> Response:
    """Say in the answer's headers when to try again, where there were too many tries."""
    if answer.status_code == 429:
        answer.headers["Retry-After"] = "900"
    return answer
