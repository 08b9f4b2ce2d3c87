"""Two-factor sign-in in pictures and groups: what an app reads of its secret, and what a person types in its place."""

from markupsafe import Markup

from app.domain.language import _

MODULE = 4
"""Pixels of a module of the code: large enough for a camera across a desk."""


def address_of(secret: str, email: str, seller: str) -> str:
    """Return the address that apps read the secret from, with the seller's name and the member's address beside it."""
    import pyotp  # who starts the app sets up none yet

    return str(pyotp.TOTP(secret).provisioning_uri(name=email, issuer_name=seller.replace(":", " ").strip() or None))


def code_of(address: str) -> Markup:
    """Return the address as a QR code, dark on white in either theme: some cameras read no other one."""
    import segno  # nor draws its code

    made = segno.make(address, error="m", boost_error=False, micro=False)
    drawn = made.svg_inline(scale=MODULE, border=4, dark="#000", light="#fff", title=_("QR code of the secret"))
    return Markup(drawn)  # the library's own drawing: the address is in it as squares alone


def grouped(secret: str) -> str:
    """Return the secret in groups of four, as it is typed."""
    return " ".join(secret[at : at + 4] for at in range(0, len(secret), 4))


def as_file(codes: tuple[str, ...], email: str, portal: str) -> str:
    """Return the recovery codes as the text file that is saved."""
    head = (
        _("Recovery codes of {email} at {portal}", email=email, portal=portal),
        _("Each works once, in place of the code of your app."),
        "",
    )
    return "\r\n".join((*head, *codes, ""))
