"""E-mail addresses: which ones can be mailed, how they are kept, and how they travel. No name is looked up."""

import unicodedata
from collections.abc import Iterable
from typing import TYPE_CHECKING

from app.domain.errors import Refused
from app.domain.language import _

if TYPE_CHECKING:
    from email_validator import ValidatedEmail

LONGEST = 254


def normal(text: str) -> str:
    """Return the address as it is kept, or refuse what no mail can be addressed to. A mail to it is the real proof."""
    typed = text.strip()
    email = unicodedata.normalize("NFC", typed.lower())
    # A letter that is two when it is small, or another one when it is plain, makes the address of somebody else.
    is_plain = len(typed.lower()) == len(typed) and unicodedata.normalize("NFKC", email) == email
    if not is_plain or not is_mailable(email):
        raise Refused(_("Enter an e-mail address, such as name@example.com."), "email_malformed", 422, "email")
    return kept(email)


def kept(text: str) -> str:
    """Return the form in which an address is kept and found: small letters, its host as people write it.

    A browser's field for e-mail addresses sends a host beyond ASCII as `xn--…`: both forms are one mailbox. What no
    mail can be addressed to stays as it is, and is nobody's.
    """
    typed = unicodedata.normalize("NFC", text.strip().lower())
    if typed.isascii() and "xn--" not in typed:
        return typed
    found = _read(typed)
    return f"{found.local_part}@{found.domain}" if found is not None else typed


def forms(text: str) -> list[str]:
    """Return each form of the address that a row may have, the typed one first: rows of before were kept as typed."""
    typed, one = text.strip().lower(), kept(text)
    return list(dict.fromkeys((typed, one, as_sent(one) or one)))


def among(text: str, there: Iterable[str]) -> str:
    """Return the address as it is there already, in whichever form; else the one in which it is kept."""
    one = kept(text)
    return next((each for each in there if kept(each) == one), one)


def for_sign_in(text: str) -> str:
    """Return the address as it is kept, or refuse as well one whose name is beyond ASCII: few mail servers take it.

    A member gets in again by mails alone.
    """
    email = normal(text)
    if not email.rpartition("@")[0].isascii():
        words = _("Letters such as é before the @ are taken by few mail servers. Enter an address without them.")
        raise Refused(words, "email_malformed", 422, "email")
    return email


def is_mailable(email: str) -> bool:
    """Say whether a mail can be addressed to it."""
    return as_sent(email) is not None


def as_sent(email: str) -> str | None:
    """Return the address as a mail carries it, its host in ASCII; None: no mail can be addressed to it."""
    found = _read(email)
    return f"{found.local_part}@{found.ascii_domain}" if found is not None else None


def _read(email: str) -> "ValidatedEmail | None":
    import email_validator  # its patterns take long to compile

    # Names that are reserved (`.test`, `.local`, `.invalid`) are those of demos, of tests and of networks of one's own.
    # Whether anybody reads a mail there is the mail server's to say, as for every other name.
    email_validator.SPECIAL_USE_DOMAIN_NAMES.clear()
    if len(email) > LONGEST or not email.isprintable() or "." not in email.rpartition("@")[2].strip("."):
        return None
    try:
        found = email_validator.validate_email(
            email, check_deliverability=False, globally_deliverable=False, strict=True
        )
    except email_validator.EmailNotValidError:
        return None
    if found.ascii_domain.rpartition(".")[2].isdigit():  # an address of a machine: no name ends so
        return None
    return found
