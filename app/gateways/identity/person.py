"""What is asked of a provider, and what it answers: an account by its subject, or why nothing is known."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

CONNECT_AND_READ = (5, 10)
"""Seconds: somebody waits at the other end."""
LONGEST_SUBJECT = 255


@dataclass(frozen=True)
class Asked:
    """What was made up for one sign-in: only the browser that began it can end it."""

    state: str
    nonce: str
    verifier: str


@dataclass(frozen=True)
class Person:
    """An account at a provider. Nothing but its subject says whose it is."""

    subject: str
    email: str = ""
    email_verified: bool = False
    """Whether the provider says so itself, by `true` and nothing like it."""
    shown: str = ""
    """What people know the account by there."""
    authenticated_at: datetime | None = None
    """When they last signed in there, where the provider says so."""


class Away(Exception):
    """The provider cannot be reached, or does not answer as one. Nothing is known."""


class Unproven(Exception):
    """The provider answered, and the answer proves nothing: `why` is for the log."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


class Provider(Protocol):
    """Whom people sign in with."""

    def address(self, asked: Asked, back: str, *, again: bool = False) -> str:
        """Return where the browser is sent; `again`: people are to sign in there anew."""
        ...

    def person(self, asked: Asked, back: str, code: str) -> Person:
        """Return whose code it is, or raise `Away` or `Unproven`."""
        ...
