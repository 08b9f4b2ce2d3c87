"""Whose rows a session may see: one customer's, or everyone's for a named service. Without a scope: nothing.

The scope belongs to the application context. On both databases every ORM statement is narrowed to the customer; on
PostgreSQL the transaction also takes the role whose row-level security says the same (docs/decisions/0002).
"""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass

from flask import g

from app.domain.errors import ensure
from app.models.database import db


@dataclass(frozen=True)
class CustomerScope:
    """The rows of one customer."""

    customer_id: str


@dataclass(frozen=True)
class ServiceScope:
    """All rows, for a purpose that is said: signing in, settling, sweeping."""

    purpose: str


Scope = CustomerScope | ServiceScope


def current() -> Scope | None:
    """Return the scope in force, or None: then no row is visible."""
    scope: Scope | None = g.get("scope")
    return scope


def enter(scope: Scope | None) -> None:
    """Put `scope` in force from here on. Whatever the session read before is forgotten."""
    session = db.session()
    ensure(not session.info.get("writing"), "a change of scope inside a transaction")
    if current() != scope:
        session.expunge_all()  # first: what was read stays readable, but detached
        session.rollback()
    g.scope = scope


@contextmanager
def scoped(scope: Scope) -> Iterator[None]:
    """Put `scope` in force inside the block."""
    before = current()
    enter(scope)
    try:
        yield
    finally:
        enter(before)


def as_service(purpose: str) -> AbstractContextManager[None]:
    """Act across customers inside the block, for the purpose said."""
    return scoped(ServiceScope(purpose))


def as_customer(customer_id: str) -> AbstractContextManager[None]:
    """Act for one customer inside the block."""
    return scoped(CustomerScope(customer_id))
