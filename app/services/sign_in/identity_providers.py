"""The providers that people sign in with: asked outside of any transaction, each answer proved before it is used."""

import secrets
from dataclasses import dataclass

import structlog

from app import ids
from app.domain.errors import NotFound, Refused
from app.domain.language import _
from app.extensions import Extension, settings
from app.gateways.identity.person import Asked, Away, Person, Provider, Unproven
from app.identity_settings import OPENID, IdentityProvider
from app.models.database import db
from app.services import portal_links

log = structlog.get_logger()
the_providers: Extension[dict[str, Provider]] = Extension("identity_providers")
LONGEST_CODE = 2_000


@dataclass(frozen=True)
class Proven:
    """An account at a provider, and which provider that is."""

    provider: IdentityProvider
    person: Person


def offered() -> tuple[IdentityProvider, ...]:
    """Return the providers that the seller has set, in that order."""
    return settings().identity_providers


def named(name: str) -> IdentityProvider:
    """Return the provider, or `NotFound`."""
    found = next((each for each in offered() if each.name == name), None)
    if found is None:
        raise NotFound("provider")
    return found


def says_when(provider: IdentityProvider) -> bool:
    """Say whether the provider lets people sign in anew and says when they did: GitHub does neither."""
    return provider.kind == OPENID


def made_up() -> Asked:
    """Return what only the browser that begins can end."""
    return Asked(state=ids.new_token(), nonce=ids.new_token(), verifier=secrets.token_urlsafe(48))


def address(name: str, asked: Asked, *, again: bool = False) -> str:
    """Return where the browser is sent, or refuse (503) while the provider is away."""
    provider = named(name)
    db.session.rollback()  # no transaction waits for somebody else's server
    try:
        return the_providers()[name].address(asked, _back(name), again=again)
    except Away as problem:
        raise _away(provider, problem) from None


def proven(name: str, asked: Asked, code: str) -> Proven:
    """Return whose code it is, or refuse: 503 while the provider is away, 422 what proves nothing."""
    provider = named(name)
    if not 1 <= len(code) <= LONGEST_CODE or not code.isprintable():
        raise _unproven(provider, "no code")
    db.session.rollback()  # no transaction waits for somebody else's server
    try:
        return Proven(provider, the_providers()[name].person(asked, _back(name), code))
    except Away as problem:
        raise _away(provider, problem) from None
    except Unproven as problem:
        raise _unproven(provider, problem.why) from None


def _back(name: str) -> str:
    return portal_links.page("sign_in_with.back", name=name)


def _away(provider: IdentityProvider, problem: Away) -> Refused:
    log.warning("identity_provider_away", provider=provider.name, problem=str(problem)[:300])
    label = provider.label
    words = _(
        "{provider} cannot be reached just now. Try again in a minute, or sign in in another way.", provider=label
    )
    return Refused(words, "provider_away", 503)


def _unproven(provider: IdentityProvider, why: str) -> Refused:
    log.warning("identity_unproven", provider=provider.name, why=why[:300])
    label = provider.label
    words = _("{provider} did not confirm who you are. Try again, or sign in in another way.", provider=label)
    return Refused(words, "identity_unproven", 422)
