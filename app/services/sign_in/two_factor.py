"""Two-factor sign-in: an authenticator app is set up, asked for and switched off. No code is accepted twice."""

import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from app import clock
from app.domain import mails
from app.domain.errors import NotFound, Refused
from app.domain.language import _, marked
from app.domain.people import second_factors
from app.domain.people.acting import By
from app.domain.people.second_factors import AppCode
from app.models.database import db
from app.models.members import Member
from app.models.scope import as_service
from app.models.second_factors import Passkey, RecoveryCode, TwoFactor
from app.services import audit, encryption, member_addresses
from app.services.access import own_sessions
from app.services.sign_in import changes, recovery_codes
from app.services.transaction import transaction

log = structlog.get_logger()
SET_UP_WITHIN = timedelta(hours=1)
"""For so long the secret of an app that has given no code yet is shown and taken."""
MALFORMED = marked("Enter the six digits that your app shows, or a recovery code.")
OVER = marked("This code is over. Enter the one that your app shows now.")
UNREADABLE = marked(
    "Codes of your app cannot be checked any more. Use a recovery code or a passkey, then set the app up again."
)
WRONG = marked("This code is wrong. Enter the one that your app shows now, and each code once only.")


@dataclass(frozen=True)
class Standing:
    """What a member signs in with."""

    has_password: bool
    passkeys: int
    since: datetime | None = None
    """When the first code of the app came; None: two-factor sign-in is off."""
    recovery_codes: int = 0

    @property
    def is_on(self) -> bool:
        """Whether a code is asked for after the password."""
        return self.since is not None

    @property
    def is_short_of_codes(self) -> bool:
        """Whether new recovery codes should be made."""
        return self.is_on and second_factors.few_left(self.recovery_codes)


@dataclass(frozen=True)
class Used:
    """A code that was accepted."""

    recovery_codes_left: int | None = None
    """After a recovery code: how many are left."""


def standing(member_id: str) -> Standing:
    """Return what the member signs in with, by one question."""
    unused = select(func.count()).where(RecoveryCode.member_id == member_id, RecoveryCode.used_at.is_(None))
    keys = select(func.count()).where(Passkey.member_id == member_id)
    asked = (
        select(Member.password_hash, TwoFactor.confirmed_at, unused.scalar_subquery(), keys.scalar_subquery())
        .outerjoin(TwoFactor, TwoFactor.member_id == Member.id)
        .where(Member.id == member_id)
    )
    with as_service("see what a member signs in with"):
        hashed, since, codes, passkeys = db.session.execute(asked).one()
    return Standing(bool(hashed), passkeys, since, codes if since else 0)


def begin(member_id: str) -> None:
    """Draw the secret of an app, which nothing asks for before its first code. One drawn just now stays."""
    import pyotp  # who starts the app draws no secret yet

    now = clock.now()
    with as_service("begin to set up an app"), transaction() as session:
        row = _locked(session, member_id)
        if row and row.confirmed_at:
            raise Refused(_("Two-factor sign-in is on already."), "two_factor_on", 409)
        if row and now - row.created_at < SET_UP_WITHIN:
            return
        secret = encryption.encrypt(pyotp.random_base32(), member_id)
        if row:
            row.secret, row.created_at, row.last_step = secret, now, 0
        else:
            session.add(TwoFactor(member_id=member_id, secret=secret, last_step=0, created_at=now, confirmed_at=None))


def pending(member_id: str) -> str | None:
    """Return the secret of the app that is being set up, or None where none is."""
    with as_service("show the secret of an app"):
        row = db.session.get(TwoFactor, member_id)
        if row is None or row.confirmed_at or clock.now() - row.created_at >= SET_UP_WITHIN:
            return None
        try:
            return encryption.decrypt(row.secret, member_id)
        except encryption.CannotDecrypt:  # begun under another SECRET_KEY
            return None


def confirm(by: By, typed: str) -> tuple[str, ...]:
    """Switch two-factor sign-in on by the app's first code; return the recovery codes. All other sessions end."""
    code = second_factors.typed_code(typed)
    with as_service("set up an app"), transaction() as session:
        row = _locked(session, by.member_id)
        if row is None or clock.now() - row.created_at >= SET_UP_WITHIN:
            raise Refused(_("This took longer than an hour. Begin again."), "set_up_over", 409)
        if row.confirmed_at:
            raise Refused(_("Two-factor sign-in is on already."), "two_factor_on", 409)
        if not isinstance(code, AppCode):
            raise Refused(_("Enter the six digits that your app shows."), "code_malformed", 422, "code")
        row.confirmed_at = clock.now()
        session.flush()
        _take(session, row, code)
        made = recovery_codes.replace(session, by.member_id)
        own_sessions.end_all(session, by.member_id, but=by.token)
        changes.note(session, by, "two_factor.on", mails.TWO_FACTOR_ON)
    return made


def check(by: By, typed: str) -> Used:
    """See that this is a code of the member's app, or a recovery code, and use it up; or refuse."""
    with as_service("check a code"), transaction() as session:
        used = use(session, by, typed)
    log.info("second_factor_accepted", member=by.member_id)
    return used


def switch_off(by: By, typed: str) -> None:
    """Switch two-factor sign-in off by a code: app and recovery codes are worth nothing then. Other sessions end."""
    with as_service("switch two-factor sign-in off"), transaction() as session:
        use(session, by, typed, is_mailed=False)
        forget(session, by.member_id)
        own_sessions.end_all(session, by.member_id, but=by.token)
        changes.note(session, by, "two_factor.off", mails.TWO_FACTOR_OFF)


def new_codes(by: By, typed: str) -> tuple[str, ...]:
    """Make new recovery codes by a code and return them; the old ones are worth nothing any more."""
    with as_service("make new recovery codes"), transaction() as session:
        use(session, by, typed, is_mailed=False)
        made = recovery_codes.replace(session, by.member_id)
        changes.note(session, by, "recovery_codes.made", mails.RECOVERY_CODES_MADE)
    return made


def reset(email: str, by: str, reason: str) -> Member:
    """Take app, recovery codes and passkeys away from a member who lost them, as the seller decided; return the member.

    All their sessions end. The password stays, and a mail says so; who has none reads there how to choose one.
    """
    audit.ask_who_and_why(by, reason, "Say who resets it and why.")
    with as_service("reset a member's second factors"), transaction() as session:
        found = session.scalars(select(Member).where(Member.id == member_addresses.whose(email)).with_for_update())
        member = found.one_or_none()
        if member is None:
            raise NotFound("member")
        forget(session, member.id)
        session.execute(delete(Passkey).where(Passkey.member_id == member.id))
        own_sessions.end_all(session, member.id)
        by_nobody, why = By(member.id, ""), {"reason": reason}
        is_there, kind = member.password_hash is not None, mails.TWO_FACTOR_RESET
        changes.note(session, by_nobody, "two_factor.reset", kind, actor=by, after=why, has_password=is_there)
        session.expunge(member)
    return member


def forget(session: Session, member_id: str) -> None:
    """Delete the member's app and recovery codes in the caller's transaction."""
    session.execute(delete(RecoveryCode).where(RecoveryCode.member_id == member_id))
    session.execute(delete(TwoFactor).where(TwoFactor.member_id == member_id))


def use(session: Session, by: By, typed: str, *, is_mailed: bool = True) -> Used:
    """Use up a code in the caller's transaction, or refuse. A mail says that a recovery code was used."""
    code, row = second_factors.typed_code(typed), _locked(session, by.member_id)
    if row is None or row.confirmed_at is None:
        raise Refused(_("Two-factor sign-in is off."), "two_factor_off", 409)
    if code is None:
        raise Refused(_(MALFORMED), "code_malformed", 422, "code")
    if isinstance(code, AppCode):
        _take(session, row, code)
        return Used()
    if not recovery_codes.use(session, by.member_id, code):
        log.warning("second_factor_refused", member=by.member_id)
        words = _("This is not one of your recovery codes, or it was used. Each works once.")
        raise Refused(words, "recovery_code_wrong", 422, "code")
    left = recovery_codes.left(session, by.member_id)
    if is_mailed:
        said = {"left": left}
        changes.note(session, by, "recovery_code.used", mails.RECOVERY_CODE_USED, after=said, left=left)
    return Used(left)


def _locked(session: Session, member_id: str) -> TwoFactor | None:
    return session.get(TwoFactor, member_id, with_for_update=True, populate_existing=True)


def _take(session: Session, row: TwoFactor, code: AppCode) -> None:
    """Accept the code of this very step, once: a later one is accepted from then on (ASVS 6.5.1, 6.5.5)."""
    import pyotp  # who starts the app checks no code yet

    try:
        step, totp = second_factors.step_at(clock.now()), pyotp.TOTP(encryption.decrypt(row.secret, row.member_id))
    except encryption.CannotDecrypt:
        log.error("second_factor_unreadable", member=row.member_id)
        raise Refused(_(UNREADABLE), "app_unreadable", 409, "code") from None
    shown, before = (totp.at(second_factors.beginning_of(each)) for each in (step, step - 1))
    if not hmac.compare_digest(shown, code.digits):
        log.warning("second_factor_refused", member=row.member_id)
        over = hmac.compare_digest(before, code.digits)
        raise Refused(_(OVER if over else WRONG), "code_over" if over else "code_wrong", 422, "code")
    accepted = session.execute(
        update(TwoFactor)
        .where(TwoFactor.member_id == row.member_id, TwoFactor.confirmed_at.is_not(None), TwoFactor.last_step < step)
        .values(last_step=step)
        .returning(TwoFactor.member_id)
    )
    if accepted.first() is None:
        words = _("This code was used already. Wait for the next one: your app shows it within 30 seconds.")
        raise Refused(words, "code_used", 422, "code")
