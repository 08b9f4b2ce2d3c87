"""The Commission's service that confirms VAT numbers (VIES), by its REST form: one question, and what is known of it.

Only the documented answer is one: status 200, JSON, the number that was asked, and `valid` as true or false. Everything
else means to ask again: a page instead of JSON, another status, an error that is named inside of a 200, an outage
beside a `valid` of false, silence.
"""

import json
import time
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Protocol

import structlog

from app.later import later

if TYPE_CHECKING:
    import requests
    import urllib3
else:
    requests, urllib3 = later("requests"), later("urllib3")

log = structlog.get_logger()
COMMISSION: Final = "https://ec.europa.eu/taxation_customs/vies/rest-api"
CONNECT_SECONDS, READ_SECONDS, MOST_SECONDS = 5, 15, 30
MOST_READ = 64 * 1024
LONGEST_NAME, LONGEST_CONSULTATION = 300, 100
_WITHHELD = "---"
_REFUSED = "INVALID_INPUT"
_REQUESTER = "INVALID_REQUESTER_INFO"
_WE_ARE_BLOCKED = {"IP_BLOCKED", "GLOBAL_MAX_CONCURRENT_REQ", "GLOBAL_MAX_CONCURRENT_REQ_TIME", "SERVICE_UNAVAILABLE"}


@dataclass(frozen=True)
class Answered:
    """The service says whether there is such a number."""

    valid: bool
    name: str
    """Whose it is; empty where the member state withholds it."""
    consultation: str
    """The number that proves that it was asked; empty where the asking number was not taken."""


@dataclass(frozen=True)
class NotAnswered:
    """Nothing is known: to be asked again."""

    why: str
    for_all: bool
    """Whether any other number would be answered no better just now."""


Outcome = Answered | NotAnswered


class Vies(Protocol):
    """Who is asked about VAT numbers."""

    def check(self, number: str, requester: str) -> Outcome:
        """Ask about a number, with its prefix. `requester` is the seller's own, or empty."""
        ...


class Service:
    """The service over the network, the Commission's or one that speaks like it."""

    def __init__(self, base: str) -> None:
        self._address = f"{base.rstrip('/')}/check-vat-number"

    def check(self, number: str, requester: str) -> Outcome:
        """Ask about a number. Where the seller's own is refused, it is asked once more without it."""
        body = {"countryCode": number[:2], "vatNumber": number[2:]}
        own = {"requesterMemberStateCode": requester[:2], "requesterNumber": requester[2:]} if requester else {}
        found = self._ask(body | own)
        if own and isinstance(found, NotAnswered) and found.why == _REQUESTER:
            log.warning("vies_refuses_the_sellers_number")
            return self._ask(body)
        return found

    def _ask(self, body: dict[str, str]) -> Outcome:
        try:
            status, content = self._sent(body)
        except requests.exceptions.Timeout:
            return NotAnswered("timeout", for_all=False)
        except (requests.exceptions.RequestException, urllib3.exceptions.HTTPError, OSError, ValueError):
            return NotAnswered("unreachable", for_all=True)
        return read(status, content, body)

    def _sent(self, body: dict[str, str]) -> tuple[int, bytes]:
        until = time.monotonic() + MOST_SECONDS
        with requests.Session() as session:
            session.trust_env = False
            answer = session.post(
                self._address,
                json=body,
                headers={"accept": "application/json", "accept-encoding": "identity", "user-agent": "Purser/1"},
                timeout=(CONNECT_SECONDS, READ_SECONDS),
                allow_redirects=False,
                stream=True,
            )
            with closing(answer):
                content = b""
                while piece := answer.raw.read1(MOST_READ):
                    content += piece
                    if len(content) > MOST_READ or time.monotonic() > until:
                        raise requests.exceptions.Timeout
                return answer.status_code, content


def read(status: int, content: bytes, asked: dict[str, str]) -> Outcome:
    """Return what an answer says, where it is one."""
    try:
        said = json.loads(content)
    except (ValueError, RecursionError):
        said = None
    if not isinstance(said, dict):
        return NotAnswered(f"http_{status}" if status != 200 else "unreadable", for_all=status != 200)
    error = _error(said)
    if error == _REFUSED:
        return Answered(False, "", "")
    if error or status != 200:
        code = error or f"http_{status}"
        return NotAnswered(code, for_all=code in _WE_ARE_BLOCKED or status in {403, 429, 503})
    if type(said.get("valid")) is not bool or not _is_about(said, asked):
        return NotAnswered("unreadable", for_all=False)
    return Answered(
        said["valid"], _text(said.get("name"), LONGEST_NAME), _text(said.get("requestIdentifier"), LONGEST_CONSULTATION)
    )


def _error(said: dict[str, Any]) -> str:
    """Return the error that an answer names, in either of the places that the service has for it; empty: none."""
    wrappers = said.get("errorWrappers")
    named: list[object] = [each.get("error") for each in wrappers or () if isinstance(each, dict)]
    named.append(said.get("userError"))
    for each in named:
        if isinstance(each, str) and each not in {"", "VALID", "INVALID"}:
            return each[:40]
    return "unreadable" if said.get("actionSucceed") is False else ""


def _is_about(said: dict[str, Any], asked: dict[str, str]) -> bool:
    return all(str(said.get(key, "")).replace(" ", "").upper() == asked[key] for key in ("countryCode", "vatNumber"))


def _text(value: object, longest: int) -> str:
    if not isinstance(value, str) or value.strip() == _WITHHELD:
        return ""
    return " ".join("".join(each if each.isprintable() else " " for each in value).split())[:longest]
