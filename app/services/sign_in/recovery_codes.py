"""Recovery codes: ten that stand for the app's code once each. They are shown when they are made, and never again."""

import hashlib
import secrets

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from app import clock
from app.domain.people import second_factors
from app.models.second_factors import RecoveryCode


def replace(session: Session, member_id: str) -> tuple[str, ...]:
    """Make new codes in the caller's transaction and return them; the old ones are worth nothing from then on."""
    session.execute(delete(RecoveryCode).where(RecoveryCode.member_id == member_id))
    made: dict[str, None] = {}
    while len(made) < second_factors.RECOVERY_CODES:
        made[second_factors.recovery_code(secrets.token_bytes(second_factors.BYTES_OF_A_CODE))] = None
    session.add_all(
        RecoveryCode(member_id=member_id, code_hash=_hash_of(each.replace("-", "")), used_at=None) for each in made
    )
    session.flush()
    return tuple(made)


def use(session: Session, member_id: str, code: second_factors.RecoveryCode) -> bool:
    """Use the code up in the caller's transaction; False where it is none of the member's, or was used."""
    used = session.execute(
        update(RecoveryCode)
        .where(
            RecoveryCode.member_id == member_id,
            RecoveryCode.code_hash == _hash_of(code.text),
            RecoveryCode.used_at.is_(None),
        )
        .values(used_at=clock.now())
        .returning(RecoveryCode.member_id)
    )
    return used.first() is not None


def left(session: Session, member_id: str) -> int:
    """Return how many of the member's codes were not used yet."""
    unused = select(func.count()).where(RecoveryCode.member_id == member_id, RecoveryCode.used_at.is_(None))
    return session.scalar(unused) or 0


def _hash_of(text: str) -> bytes:
    # A plain hash: nobody guesses 120 random bits, and whoever reads the table cannot go back from it (ASVS 6.5.2).
    return hashlib.sha256(text.encode()).digest()
