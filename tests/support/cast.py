"""The cast: Alice manages Acme, Bob may look at it, Mallory owns Globex."""

from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from flask import Flask

from app.domain.people.members import Actor, Role
from app.models.customers import Customer
from app.services.access import members, sessions
from app.services.catalog import versions
from app.services.customers import registration
from tests.support.browser import Browser
from tests.support.client import outside_contexts

EXAMPLES = Path(__file__).resolve().parent.parent.parent / "examples" / "catalogs"
CATALOG = "gateway"
PASSWORD = "three grey herons wade at dusk"


@dataclass(frozen=True)
class Part:
    """Who plays: a name, an address, a role at one of the two customers."""

    name: str
    email: str
    role: Role


ALICE = Part("Alice Archer", "alice@acme.example", Role.BILLING_MANAGER)
BOB = Part("Bob Baker", "bob@acme.example", Role.VIEWER)
MALLORY = Part("Mallory Marsh", "mallory@globex.example", Role.OWNER)


def apply_catalog(name: str = CATALOG) -> None:
    """Apply an example catalog."""
    versions.apply((EXAMPLES / f"{name}.toml").read_text())


def make_customer(name: str) -> Customer:
    """Create a customer who buys from the example catalog."""
    slug = name.lower()
    return registration.create(name=name, email=f"billing@{slug}.example", catalog=CATALOG, external_id=slug)


def make_actor(part: Part, customer: Customer) -> Actor:
    """Create the member and return whom the services see."""
    member = members.create_member(part.email, part.name, PASSWORD, customer.customer_id, part.role)
    return Actor(
        member_id=member.id,
        customer_id=customer.customer_id,
        role=part.role,
        name=part.name,
        email=part.email,
        customer_name=customer.name,
    )


def signed_in(app: Flask, origin: str, actor: Actor) -> Browser:
    """Return a browser with a session of the member; what signing in by the page is like has tests of its own."""
    browser = Browser(app.test_client(), origin, actor)
    with outside_contexts(), app.app_context():
        token = sessions.begin("{}", actor.member_id, actor.customer_id)
    browser.client.set_cookie(app.session_interface.cookie, token, domain=urlsplit(origin).hostname or "")
    return browser
