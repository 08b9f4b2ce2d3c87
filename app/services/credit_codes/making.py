"""The seller makes codes for credit, lists them and withdraws them."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select

from app import clock, ids
from app.domain.credit_codes import codes as rule
from app.domain.errors import NotFound, Refused
from app.domain.money import Credits
from app.models.credit_codes import CreditCode
from app.models.database import db
from app.models.scope import as_service
from app.services import audit
from app.services.catalog import versions
from app.services.transaction import transaction

LENGTH = 10


def create(
    *,
    catalog: str,
    credits: Credits,  # noqa: A002  # the product's word
    reason: str,
    by: str,
    code: str = "",
    redeem_until: datetime | None = None,
    lasts_days: int | None = None,
    most: int | None = None,
) -> CreditCode:
    """Make a code for customers of the catalog and return it; where none is named, one that nobody guesses."""
    audit.ask_who_and_why(by, reason, "Give a name and a reason for the code.")
    audit.ask_short(reason, "reason")
    now = clock.now()
    named = rule.normal(code) if code else _drawn()
    if not named:
        words = "A code has 6 to 30 letters of A to Z and digits, with single hyphens between them."
        raise Refused(words, "credit_code_malformed", 422, "code")
    if credits.micros <= 0:
        raise Refused("The credit must be more than zero.", "credits_too_small", 422, "credits")
    if redeem_until is not None and redeem_until <= now:
        raise Refused("The code would be over before it begins.", "expires_too_soon", 422, "redeem_until")
    for number, field in ((lasts_days, "lasts_days"), (most, "most")):
        if number is not None and not 0 < number < 10**9:
            raise Refused("Enter a whole number above zero.", "number_malformed", 422, field)
    with as_service("make a code for credit"):
        sold = versions.offered(catalog)
        with transaction() as session:
            if session.get(CreditCode, named) is not None:
                raise Refused("There is such a code already.", "credit_code_taken")
            made = CreditCode(
                code=named,
                catalog=sold.name,
                credits_micros=credits.micros,
                credit_unit=sold.credit_unit,
                reason=reason.strip(),
                redeem_until=redeem_until,
                lasts_days=lasts_days,
                most=most,
                redeemed=0,
                created_by=by,
                created_at=now,
            )
            session.add(made)
        return made


def every() -> Sequence[CreditCode]:
    """Return all codes, the newest first."""
    with as_service("list codes for credit"):
        return db.session.scalars(select(CreditCode).order_by(CreditCode.created_at.desc(), CreditCode.code)).all()


def withdraw(code: str) -> CreditCode:
    """Let nobody redeem it any more; what was given stays. Twice is once."""
    with as_service("withdraw a code for credit"), transaction() as session:
        found = session.get(CreditCode, rule.normal(code), with_for_update=True)
        if found is None:
            raise NotFound("code")
        found.withdrawn_at = found.withdrawn_at or clock.now()
        return found


def _drawn() -> str:
    letters = ids.new_form_key()[:LENGTH].upper()
    return f"{letters[:5]}-{letters[5:]}"
