"""Attempts: a browser that was sent to a provider comes back once, within ten minutes, with what only it was given."""

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from hmac import compare_digest
from typing import Any

from app import clock
from app.domain.errors import Refused
from app.domain.language import _
from app.gateways.identity.person import Asked
from app.services.sign_in import identity_providers
from app.web.access import safe_next
from app.web.session_cookie import ATTEMPTS as KEPT
from app.web.session_cookie import portal_session

LASTS = timedelta(minutes=10)
MOST, LONGEST_NEXT = 2, 1_000
"""What a session may keep is short."""


class Purpose(StrEnum):
    """What the way back ends with."""

    SIGN_IN = "sign_in"
    LINK = "link"
    CONFIRM = "confirm"


@dataclass(frozen=True)
class Attempt:
    """What the browser was sent for, and what must come back."""

    purpose: Purpose
    asked: Asked
    began_at: datetime
    member_id: str
    """Who is signed in, where anybody is."""
    next: str


def begin(name: str, purpose: Purpose, wanted: str = "/", *, member_id: str = "") -> str:
    """Keep a new attempt in the session, and return the provider's address for it."""
    asked = identity_providers.made_up()
    address = identity_providers.address(name, asked, again=purpose is Purpose.CONFIRM)
    onward = safe_next(wanted)
    row = {
        "name": name,
        "purpose": purpose.value,
        "state": asked.state,
        "nonce": asked.nonce,
        "verifier": asked.verifier,
        "at": clock.now().isoformat(),
        "member": member_id,
        "next": onward if len(json.dumps(onward)) <= LONGEST_NEXT else "/",
    }
    session = portal_session()
    session[KEPT] = [*_kept(session.get(KEPT)), row][-MOST:]
    return address


def take(name: str, state: str) -> Attempt:
    """Return the attempt that ends now, which no other answer can end; or refuse what this browser did not begin."""
    session, found = portal_session(), None
    rows = _kept(session.get(KEPT))
    for row in rows:
        if row["name"] == name and compare_digest(row["state"].encode(), state.encode("utf-8", "surrogatepass")):
            found = row
    if found is None:
        words = _("This sign-in was not begun in this browser, took longer than 10 minutes, or has ended. Begin again.")
        raise Refused(words, "attempt_unknown", 409)
    session[KEPT] = [row for row in rows if row is not found]
    return Attempt(
        Purpose(found["purpose"]),
        Asked(found["state"], found["nonce"], found["verifier"]),
        datetime.fromisoformat(found["at"]),
        found["member"],
        found["next"],
    )


def _kept(rows: Any) -> list[dict[str, str]]:
    after = clock.now() - LASTS
    return [each for each in rows or [] if datetime.fromisoformat(each["at"]) > after]
