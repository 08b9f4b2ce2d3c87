"""How a member can sign in now: what is taken away never is the only way."""

from dataclasses import replace

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.domain.people.identities import Ways
from app.models.identities import Identity
from app.models.members import Member
from app.models.second_factors import Passkey, TwoFactor
from app.services.sign_in.identity_providers import offered


def kept(session: Session, member_id: str) -> Ways:
    """Return what the member has to sign in with, whether or not it opens anything now."""
    counted = [
        select(func.count()).where(each.member_id == member_id).scalar_subquery() for each in (Passkey, Identity)
    ]
    hashed, since, keys, linked = session.execute(
        select(Member.password_hash, TwoFactor.confirmed_at, *counted)
        .outerjoin(TwoFactor, TwoFactor.member_id == Member.id)
        .where(Member.id == member_id)
    ).one()
    return Ways(bool(hashed), keys, since is not None, linked)


def that_work(session: Session, member_id: str, *, passkeys_work: bool) -> Ways:
    """Return what opens the account now: an account at a provider that the seller took away opens nothing."""
    found, issuers = kept(session, member_id), [each.issuer for each in offered()]
    linked = session.scalar(select(func.count()).where(Identity.member_id == member_id, Identity.issuer.in_(issuers)))
    return replace(found, identities=linked or 0, passkeys=found.passkeys if passkeys_work else 0)
