"""What browsers are asked to sign with a passkey: kept here, and good once, for one purpose and session."""

import hashlib
import secrets
from datetime import timedelta
from enum import StrEnum

from sqlalchemy import delete, select

from app import clock
from app.domain.errors import Refused
from app.domain.language import _
from app.models.scope import as_service
from app.models.second_factors import PasskeyChallenge
from app.services.access.sessions import hash_of
from app.services.transaction import transaction

LASTS = timedelta(minutes=5)
PURGE_BATCH = 100


class Purpose(StrEnum):
    """What a passkey is asked for."""

    ADD = "add"
    SIGN_IN = "sign_in"
    SECOND_STEP = "second_step"
    CONFIRM = "confirm"


def ask(purpose: Purpose, session_token: str) -> bytes:
    """Return a new challenge for this session."""
    now, challenge = clock.now(), secrets.token_bytes(32)
    with as_service("ask for a passkey"), transaction() as session:
        over = select(PasskeyChallenge.challenge_hash).where(PasskeyChallenge.expires_at <= now).limit(PURGE_BATCH)
        session.execute(
            delete(PasskeyChallenge).where(PasskeyChallenge.challenge_hash.in_(session.scalars(over).all()))
        )
        session.add(
            PasskeyChallenge(
                challenge_hash=hashlib.sha256(challenge).digest(),
                session_hash=hash_of(session_token),
                purpose=purpose.value,
                expires_at=now + LASTS,
            )
        )
    return challenge


def take(challenge: bytes, purpose: Purpose, session_token: str) -> None:
    """Use the challenge up, whatever comes of what was signed; or refuse."""
    with as_service("take a passkey's challenge"), transaction() as session:
        taken = session.execute(
            delete(PasskeyChallenge)
            .where(
                PasskeyChallenge.challenge_hash == hashlib.sha256(challenge).digest(),
                PasskeyChallenge.session_hash == hash_of(session_token),
                PasskeyChallenge.purpose == purpose.value,
                PasskeyChallenge.expires_at > clock.now(),
            )
            .returning(PasskeyChallenge.purpose)
        ).first()
    if taken is None:
        raise Refused(_("This took too long, or was sent twice. Use your passkey again."), "challenge_over", 422)
