"""The token of the link that is mailed to an address for usage alerts: computed when it is needed, stored nowhere."""

import base64
import hashlib
import hmac
from datetime import UTC, datetime

from app.extensions import settings


def token(customer_id: str, email: str, asked_at: datetime) -> str:
    """Return the token of the link to the address that was asked then: 256 bits that only this portal can make."""
    said = f"alert address {customer_id} {email} {asked_at.astimezone(UTC).isoformat()}"
    made = hmac.new(settings().secret_key.encode(), said.encode(), hashlib.sha256).digest()
    return base64.urlsafe_b64encode(made).decode().rstrip("=")
