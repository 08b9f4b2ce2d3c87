"""Tries of a code: counted before it is looked at, for each member from an address and at all, and for each address."""

import hashlib
from collections.abc import Callable
from typing import TypeVar

from flask import current_app
from limits import RateLimitItemPerHour, RateLimitItemPerMinute

from app.domain.errors import Refused
from app.domain.language import _
from app.web import shared_counts
from app.web.access import from_address
from app.web.password_tries import PER_ADDRESS, place_of

FROM_ADDRESS = RateLimitItemPerMinute(5, 15, namespace="code_member")
PER_MEMBER = RateLimitItemPerHour(20, 1, namespace="code_account")
"""From all addresses together: who tries knows the password already, and may have many addresses."""
Checked = TypeVar("Checked")


def counted(member_id: str, check: Callable[[str], Checked]) -> Checked:
    """Return what `check` says for the network address, or refuse. A code that fits forgets the member's tries."""
    address, tries = place_of(from_address() or "unknown"), shared_counts.tries()
    key = hashlib.sha256(f"{member_id} {address}".encode()).hexdigest()
    if (
        not tries.are_left(PER_ADDRESS, address)
        or not tries.are_left(PER_MEMBER, member_id)
        or not tries.take(FROM_ADDRESS, key)
    ):
        current_app.logger.warning("too many tries of a code")
        raise Refused(_("Too many tries. Wait a while, then try again."), "too_many_tries", 429)
    tries.take(PER_MEMBER, member_id)
    try:
        checked = check(from_address())
    except Refused:
        tries.take(PER_ADDRESS, address)
        raise
    tries.forget(FROM_ADDRESS, key)
    tries.forget(PER_MEMBER, member_id)
    return checked


def from_address_alone(check: Callable[[], Checked]) -> Checked:
    """Return what `check` says, or refuse: for tries that name no member."""
    address, tries = place_of(from_address() or "unknown"), shared_counts.tries()
    if not tries.are_left(PER_ADDRESS, address):
        current_app.logger.warning("too many tries of a passkey")
        raise Refused(_("Too many tries. Wait a while, then try again."), "too_many_tries", 429)
    try:
        return check()
    except Refused:
        tries.take(PER_ADDRESS, address)
        raise
