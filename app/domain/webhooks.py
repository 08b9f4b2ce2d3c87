"""Webhooks out: which events there are, what their addresses may look like, and when a delivery is tried again."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import Enum
from urllib.parse import SplitResult, urlsplit

from app.domain.errors import Refused, ensure
from app.domain.language import _, marked

CUSTOMER_TYPES = (
    "spend.threshold_reached",
    "spend.daily_limit_reached",
    "spend.daily_limit_reset",
    "usage.alert",
    "auto_recharge.succeeded",
    "auto_recharge.failed",
    "auto_recharge.suspended",
    "auto_recharge.limit_80",
    "auto_recharge.limit_100",
    "balance.low",
    "balance.depleted",
    "balance.recovered",
    "credits.expiring",
)
"""What a customer's own endpoint receives: of its limits, alerts, balance and automatic charges."""
TYPES = (
    *CUSTOMER_TYPES,
    "credits.granted",
    "credits.expired",
    "invoice.finalized",
    "invoice.paid",
    "invoice.overdue",
    "invoice.voided",
    "invoice.corrected",
    "account.past_due",
    "account.suspended",
    "account.restored",
    "pro_forma.created",
    "pro_forma.canceled",
    "pro_forma.expired",
    "bank_transfer.received",
    "bank_transfer.returned",
    "payment.requires_action",
    "payment.failed",
    "payment.needs_review",
    "refund.created",
    "refund.failed",
    "dispute.opened",
    "dispute.won",
    "dispute.lost",
    "tax_registration.submitted",
    "tax_registration.verified",
    "tax_registration.rejected",
    "subscription.changed",
    "subscription.scheduled",
    "subscription.canceled",
    "subscription.kept",
    "subscription.renewed",
    "subscription.ended",
    "subscription.price_announced",
    "subscription.price_withdrawn",
    "subscription.price_changed",
    "member.newsletter_changed",
    "ssh_key.added",
    "ssh_key.removed",
    "member.invited",
    "member.joined",
    "member.role_changed",
    "member.removed",
    "member.email_changed",
)
"""What the seller's endpoints may ask for: every event that there is."""
TEST = "webhook.test"

SCHEDULE = tuple(
    timedelta(seconds=seconds) for seconds in (5, 60, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400)
)
"""How long to wait after each try that failed; after the try behind the last wait a delivery is dead."""
REDIRECT = marked("It answered {status}, a redirect, which is never followed.")
GONE = marked("It answered 410: it no longer accepts events.")
ANSWERED = marked("It answered {status}.")
"""What the delivery log keeps, in English."""
TRIES = len(SCHEDULE) + 1
LONGEST_WAIT = timedelta(hours=1)
"""So long is waited at most because an answer asks for it."""
ROTATION = timedelta(hours=24)
"""How long the secret before the present one still signs beside it."""

PORTS = (None, 443, 8443)
LONGEST_URL = 2_000
_LOOPBACK = ("localhost", "127.0.0.1", "::1")
_NAME = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)(\.(?!-)[a-z0-9_-]{1,63}(?<!-))*\.?")
_FIGURES = re.compile(r"(0x[0-9a-f]*|[0-9]+)\.?")
_DOTTED = re.compile(r"(0|[1-9][0-9]{0,2})(\.(0|[1-9][0-9]{0,2})){3}")
_ADDRESS = re.compile(r"[0-9a-f:.]+")


class Verdict(Enum):
    """What an answer means for the delivery."""

    DELIVERED = "delivered"
    AGAIN = "again"
    GONE = "gone"
    REFUSED = "refused"
    """This one is never taken; others may be."""


@dataclass(frozen=True)
class Answered:
    """The endpoint answered with a status."""

    status: int
    duration_ms: int
    retry_after: int | None = None
    """After how many seconds it wants to be asked again, where it says so."""


@dataclass(frozen=True)
class Unanswered:
    """No answer came; the words say why, for the delivery log."""

    problem: str
    duration_ms: int


Answer = Answered | Unanswered


def ask_known(event_type: str) -> None:
    """Ensure that an endpoint can ask for the event that is written."""
    ensure(event_type in TYPES, f"{event_type} is missing in the list of events")


def verdict(answer: Answer) -> Verdict:
    """Return what the answer means: 2xx is delivered, 410 wants no more, all else is tried again."""
    match answer:
        case Answered(status=410):
            return Verdict.GONE
        case Answered(status=status) if 200 <= status < 300:
            return Verdict.DELIVERED
        case _:
            return Verdict.AGAIN


def words(answer: Answer) -> str:
    """Return what went wrong, for the delivery log; nothing when it arrived."""
    match answer:
        case Unanswered(problem=problem):
            return problem
        case Answered(status=status) if 300 <= status < 400:
            return REDIRECT.format(status=status)
        case Answered(status=410):
            return GONE
        case Answered(status=status) if not 200 <= status < 300:
            return ANSWERED.format(status=status)
        case _:
            return ""


def wait(tries: int, share: int) -> timedelta | None:
    """Return the wait after so many tries, up to a tenth longer, or None when that was the last one.

    `share` is drawn by the caller, 0 to 999 thousandths, so that what failed together does not come back together. A
    dead delivery that is sent again by hand goes through the schedule once more; its tries count on.
    """
    place = (tries - 1) % TRIES
    return SCHEDULE[place] * (10_000 + share) / 10_000 if place < len(SCHEDULE) else None


def asked_to_wait(answer: Answer) -> timedelta | None:
    """Return how long the answer asks to wait (429, 503), up to `LONGEST_WAIT`; None where it asks for nothing."""
    if not isinstance(answer, Answered) or answer.status not in {429, 503} or answer.retry_after is None:
        return None
    return min(timedelta(seconds=answer.retry_after), LONGEST_WAIT)


def body(event_type: str, written_at: datetime, sequence: int | None, data: Mapping[str, object]) -> str:
    """Return the event as it is signed and sent. `seq` counts a customer's events: by it they can be put in order."""
    event: dict[str, object] = {
        "type": event_type,
        "timestamp": f"{written_at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}",
        "data": dict(data),
    }
    if sequence is not None:
        event["seq"] = sequence
    return json.dumps(event, ensure_ascii=False, separators=(",", ":"))


def check_url(url: str, *, allow_loopback: bool = False) -> SplitResult:
    """Return the parts of an address that events may be sent to, or refuse it. Where its host leads is asked later.

    `allow_loopback` lets this machine itself be named, by any port and without TLS: for demos and tests.
    """
    if not url.isascii() or not url.isprintable() or set(url) & set(' "<>\\^`{|}') or len(url) > LONGEST_URL:
        raise _refused(_("Enter a web address, such as https://example.com/hooks."), "url_malformed")
    try:
        parts = urlsplit(url)
        host, port = (parts.hostname or "").lower(), parts.port
    except ValueError:
        raise _refused(_("Enter a web address, such as https://example.com/hooks."), "url_malformed") from None
    if "@" in parts.netloc:
        raise _refused(_("Leave the user name and password out: the signature proves who sends."), "url_with_password")
    if parts.scheme not in {"http", "https"} or not host:
        raise _refused(_("Enter a web address, such as https://example.com/hooks."), "url_malformed")
    if "#" in url:
        raise _refused(_("Leave out the part after #: it is never sent."), "url_with_fragment")
    if allow_loopback and host in _LOOPBACK:
        return parts
    if parts.scheme != "https":
        raise _refused(_("Use an address that begins with https://."), "url_not_https")
    if port not in PORTS:
        raise _refused(_("Use port 443 (the default) or 8443."), "url_port")
    if not _is_host(host):
        raise _refused(_("Write the host as a name, such as example.com."), "url_host")
    return parts


def _is_host(host: str) -> bool:
    """Say whether the host is a name or a plain address, not one that hides in another spelling (017700000001)."""
    if ":" in host:
        return _ADDRESS.fullmatch(host) is not None
    if _FIGURES.fullmatch(host.removesuffix(".").rpartition(".")[2]):
        return _DOTTED.fullmatch(host) is not None
    return _NAME.fullmatch(host) is not None and len(host) <= 253


def not_public() -> Refused:
    """Return the refusal of a host with no public address, or with none at all: the sentence does not say which."""
    return _refused(
        _("Use an address on the public internet: this host name does not resolve to one."), "url_not_public"
    )


def _refused(sentence: str, reason: str) -> Refused:
    return Refused(sentence, reason, 422, "webhook_url")
