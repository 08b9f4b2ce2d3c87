"""Who may be referred by whom: nobody refers himself, and the reward is counted in what both pay with."""

import re
from dataclasses import dataclass

from app.domain.errors import Refused

CODE_LENGTH = 12
_CODE = re.compile(r"[0-9a-hjkmnp-tv-z]{12}")
UNKNOWN = "There is no such referral code. Check the link that it came from."


@dataclass(frozen=True, slots=True)
class Party:
    """What is known of a customer where a referral is judged."""

    customer_id: str
    catalog: str
    email: str
    currency: str
    credit_unit: str
    members: tuple[str, ...] = ()
    """With which addresses its members sign in."""


def normal(code: str) -> str:
    """Return the code as it is kept; empty where it cannot be one."""
    text = code.strip().lower()
    return text if _CODE.fullmatch(text) else ""


def check(inviter: Party, invited: Party) -> None:
    """Refuse a referral that would earn nothing: of oneself, to what another catalog sells, or in another currency."""
    if invited.email.lower() in {each.lower() for each in (inviter.email, *inviter.members)}:
        words = "This referral code belongs to a customer with the same e-mail address. Nobody refers himself."
        raise Refused(words, "referral_of_oneself", 422, "referral_code")
    if inviter.catalog != invited.catalog:
        words = "This referral code belongs to a customer of another product."
        raise Refused(words, "referral_in_another_catalog", 422, "referral_code")
    if not inviter.credit_unit == invited.currency == invited.credit_unit:
        words = "This referral code belongs to a customer whose credit is counted in something else."
        raise Refused(words, "referral_in_another_unit", 422, "referral_code")


def is_oneself(*, same_domain: bool, same_card: bool, same_tax_number: bool) -> bool:
    """Say whether both are the same, by what came to be known later: then nothing is earned.

    A card alone says little: an agency pays for many. Neither does a domain: it may be a mail provider's.
    """
    return same_tax_number or (same_domain and same_card)


def domain_of(email: str) -> str:
    """Return the domain of an e-mail address, in lower case."""
    return email.rpartition("@")[2].lower()


def masked(name: str) -> str:
    """Return how a customer is shown to whoever invited it: the first letter of its name, and no more."""
    return f"{name.strip()[:1].upper()}…"
