"""The token of the link that is mailed to an address to be confirmed: computed when it is needed, stored nowhere."""

import base64
import hashlib
import hmac
from datetime import UTC, datetime

from app.extensions import settings

ALERTS = "alert address"
BILLING_EMAIL, INVOICE_RECIPIENT = "billing e-mail", "invoice recipient"
INVITATION = "invitation"
LONGEST = 100
"""No token is longer."""


def token(customer_id: str, email: str, asked_at: datetime, purpose: str = ALERTS) -> str:
    """Return the token of the link to the address that was asked then: 256 bits that only this portal can make."""
    said = f"{purpose} {customer_id} {email} {asked_at.astimezone(UTC).isoformat()}"
    made = hmac.new(settings().secret_key.encode(), said.encode(), hashlib.sha256).digest()
    return base64.urlsafe_b64encode(made).decode().rstrip("=")


def of_sign_in(link_id: str, purpose: str, member_id: str, email: str, asked_at: datetime) -> str:
    """Return the token of a link about a member's sign-in: another one each time that one is asked for."""
    return token(member_id, email, asked_at, f"{purpose} {link_id}")


def hash_of(text: str) -> str:
    """Return what is kept of a token."""
    return hashlib.sha256(text.encode()).hexdigest()
