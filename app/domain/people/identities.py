"""Ways in: when an account at a provider may be linked unasked, and that the only one is not taken away."""

from dataclasses import dataclass

from app.domain.errors import Refused
from app.domain.language import _


@dataclass(frozen=True)
class Ways:
    """How a member can sign in."""

    has_password: bool
    passkeys: int = 0
    has_two_factor: bool = False
    identities: int = 0


def may_be_linked_by_email(ways: Ways, *, is_verified: bool) -> bool:
    """Say whether an account may be linked to the member of its address, unasked.

    Only where the provider itself has verified the address, and the member has no way in yet: then whoever reads the
    address' mails could get in by *Forgot your password?* as well. Somebody who has a way in links the account there.
    """
    return is_verified and not (ways.has_password or ways.passkeys or ways.has_two_factor or ways.identities)


def ask_another_way(ways: Ways) -> None:
    """Refuse (409) to take away the account that is the member's only way in."""
    if not ways.has_password and not ways.passkeys and ways.identities <= 1:
        words = _("This is your only way in. Set a password by “Forgot your password?”, or add a passkey first.")
        raise Refused(words, "only_way_in", 409)


def ask_way_beside_passkey(ways: Ways) -> None:
    """Refuse (409) to remove the passkey that is the member's only way in."""
    if not ways.has_password and not ways.identities and ways.passkeys == 1:
        words = _("This is your only way in. Set a password by “Forgot your password?”, or add another passkey first.")
        raise Refused(words, "only_way_in", 409)
