"""Which providers people may sign in with, as the environment says: GitHub, and any number of OpenID Connect."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import urlsplit

GITHUB, OPENID = "github", "openid"
GITHUB_URL = "https://github.com"
_NAME = re.compile(r"[a-z][a-z0-9]{0,19}")
_LOOPBACK = {"localhost", "127.0.0.1", "::1"}


@dataclass(frozen=True)
class IdentityProvider:
    """A provider that the seller has registered the portal with."""

    name: str
    """Stands in addresses: `/sign-in/with/<name>`."""
    kind: str
    label: str
    """What its button says: `Sign in with <label>`."""
    issuer: str
    """An account there is this and its subject; also of GitHub the address that it is at."""
    client_id: str
    client_secret: str = field(repr=False)


class WrongProvider(Exception):
    """A setting is missing or wrong: its name, and why."""

    def __init__(self, name: str, words: str) -> None:
        super().__init__(f"{name} {words}")
        self.name, self.words = name, words


def of_environment(get: Callable[[str], str | None]) -> tuple[IdentityProvider, ...]:
    """Return the providers; `get` returns a setting by its name, also where it is in a file."""
    found = []
    if get("GITHUB_CLIENT_ID"):
        issuer = (get("GITHUB_URL") or GITHUB_URL).rstrip("/")
        found.append(_made(get, "GITHUB", GITHUB, "github", "GitHub", issuer, "GITHUB_URL"))
    for name in (get("OIDC_PROVIDERS") or "").replace(",", " ").split():
        if not _NAME.fullmatch(name) or name in {each.name for each in found} | {"github"}:
            words = f"has {name!r}: a name is up to 20 of a-z and 0-9, begins with a letter, and is there once"
            raise WrongProvider("OIDC_PROVIDERS", words)
        prefix = f"OIDC_{name.upper()}"
        issuer = get(f"{prefix}_ISSUER") or ""
        label = get(f"{prefix}_LABEL") or name.capitalize()
        found.append(_made(get, prefix, OPENID, name, label, issuer, f"{prefix}_ISSUER"))
    return tuple(found)


def _made(
    get: Callable[[str], str | None], prefix: str, kind: str, name: str, label: str, issuer: str, setting: str
) -> IdentityProvider:
    parts = urlsplit(issuer)
    safe = parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _LOOPBACK)
    if not safe or not parts.netloc or parts.query or parts.fragment or not issuer.isprintable():
        raise WrongProvider(setting, "must be the plain https:// address of the provider")
    if not (1 <= len(label) <= 40 and label.isprintable()):
        raise WrongProvider(f"{prefix}_LABEL", "must be 1 to 40 visible characters")
    client_id, secret = get(f"{prefix}_CLIENT_ID"), get(f"{prefix}_CLIENT_SECRET")
    if not client_id:
        raise WrongProvider(f"{prefix}_CLIENT_ID", "must be set: the provider gave it when the portal was registered")
    if not secret:
        raise WrongProvider(f"{prefix}_CLIENT_SECRET", "must be set, or a file in its place")
    return IdentityProvider(name, kind, label, issuer, client_id, secret)
