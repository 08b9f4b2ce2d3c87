"""OpenID Connect: the code flow with PKCE and a nonce, and an ID token that is checked in every part."""

import time
from datetime import UTC, datetime
from threading import Lock
from typing import Any
from urllib.parse import urlsplit

import requests
from authlib.integrations.base_client import OAuthError  # type: ignore[import-untyped]  # Authlib has no types
from authlib.integrations.requests_client import OAuth2Session  # type: ignore[import-untyped]  # Authlib has no types
from authlib.oidc.core import CodeIDToken  # type: ignore[import-untyped]  # Authlib has no types
from joserfc import jwt
from joserfc.errors import InvalidKeyIdError, JoseError
from joserfc.jwk import KeySet

from app import clock
from app.gateways.identity.person import CONNECT_AND_READ, LONGEST_SUBJECT, Asked, Away, Person, Unproven
from app.identity_settings import IdentityProvider

ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
"""How an ID token may be signed: by the provider's own key. A shared secret, and nothing at all, are no signatures."""
LEEWAY = 60
_KEPT_FOR, _KEYS_AGAIN_AFTER = 3600, 60
_ENDPOINTS = ("authorization_endpoint", "token_endpoint", "jwks_uri")


class OpenId:
    """One provider. Its description and its keys are kept for an hour; the keys are read again for an unknown one."""

    def __init__(self, provider: IdentityProvider) -> None:
        self._of, self._lock = provider, Lock()
        self._said: tuple[float, dict[str, Any]] | None = None
        self._keys: tuple[float, KeySet] | None = None

    def address(self, asked: Asked, back: str, *, again: bool = False) -> str:
        """Return where the browser is sent."""
        more: dict[str, object] = {"prompt": "login", "max_age": 0} if again else {}
        with self._client(back) as client:
            url, _state = client.create_authorization_url(
                self._description()["authorization_endpoint"],
                state=asked.state,
                nonce=asked.nonce,
                code_verifier=asked.verifier,
                **more,
            )
        return str(url)

    def person(self, asked: Asked, back: str, code: str) -> Person:
        """Return whose code it is: what the ID token says, once it is proved."""
        said = self._description()
        with self._client(back) as client:
            try:
                token = client.fetch_token(
                    said["token_endpoint"],
                    grant_type="authorization_code",
                    code=code,
                    code_verifier=asked.verifier,
                    allow_redirects=False,
                )
            except OAuthError as refusal:
                raise Unproven(f"token endpoint: {refusal.error}") from None
            except (requests.RequestException, ValueError) as problem:
                raise Away(str(problem)) from None
            claims = self._proved(token.get("id_token"), token.get("access_token"), asked.nonce)
            if "email" not in claims and said.get("userinfo_endpoint"):
                claims = self._with_userinfo(client, said["userinfo_endpoint"], claims)
        return _person(claims)

    def _client(self, back: str) -> OAuth2Session:
        client = OAuth2Session(
            self._of.client_id,
            self._of.client_secret,
            redirect_uri=back,
            scope="openid email profile",
            code_challenge_method="S256",
            default_timeout=CONNECT_AND_READ,
        )
        client.trust_env = False
        return client

    def _proved(self, token: object, access_token: object, nonce: str) -> dict[str, Any]:
        """Return the claims of an ID token that is signed by the provider, for us, for this sign-in, and still good."""
        if not isinstance(token, str):
            raise Unproven("no ID token")
        try:
            read = self._decoded(token)
            claims = CodeIDToken(
                read.claims,
                read.header,
                {
                    "iss": {"essential": True, "value": self._of.issuer},
                    "aud": {"essential": True, "value": self._of.client_id},
                    "sub": {"essential": True},
                    "exp": {"essential": True},
                },
                {"nonce": nonce, "client_id": self._of.client_id, "access_token": access_token},
            )
            claims.validate(now=int(clock.now().timestamp()), leeway=LEEWAY)
        except Away:
            raise
        except (JoseError, ValueError, TypeError, KeyError) as problem:
            raise Unproven(f"ID token: {type(problem).__name__}: {problem}") from None
        return dict(claims)

    def _decoded(self, token: str) -> jwt.Token:
        try:
            return jwt.decode(token, self._key_set(), algorithms=list(ALGORITHMS))
        except InvalidKeyIdError:  # it may have a new one
            return jwt.decode(token, self._key_set(again=True), algorithms=list(ALGORITHMS))

    def _with_userinfo(self, client: OAuth2Session, url: str, claims: dict[str, Any]) -> dict[str, Any]:
        """Return the claims with what the provider says of the same subject beside its token."""
        try:
            answer = client.get(url, allow_redirects=False)
            answer.raise_for_status()
            said = answer.json()
        except (requests.RequestException, OAuthError, ValueError):
            return claims  # an address is no proof of anybody: none is as good
        if not isinstance(said, dict) or said.get("sub") != claims["sub"]:
            return claims
        return {each: said[each] for each in ("email", "email_verified", "name") if each in said} | claims

    def _description(self) -> dict[str, Any]:
        """Return what the provider says of itself, which must be the issuer that is set."""
        with self._lock:
            if self._said is not None and time.monotonic() - self._said[0] < _KEPT_FOR:
                return self._said[1]
        said = _read(f"{self._of.issuer}/.well-known/openid-configuration")
        if said.get("issuer") != self._of.issuer:
            raise Away(f"it says that its issuer is {said.get('issuer')!r}")
        for name in _ENDPOINTS:
            if not _is_as_safe(said.get(name), self._of.issuer):
                raise Away(f"its {name} is no address")
        with self._lock:
            self._said = (time.monotonic(), said)
        return said

    def _key_set(self, *, again: bool = False) -> KeySet:
        with self._lock:
            age = time.monotonic() - self._keys[0] if self._keys is not None else None
            if self._keys is not None and age is not None and age < (_KEYS_AGAIN_AFTER if again else _KEPT_FOR):
                return self._keys[1]
        try:
            keys = KeySet.import_key_set(_read(self._description()["jwks_uri"]))  # type: ignore[arg-type]  # as it came
        except (JoseError, ValueError, TypeError, KeyError) as problem:
            raise Away(f"its keys cannot be read: {problem}") from None
        with self._lock:
            self._keys = (time.monotonic(), keys)
        return keys


def _read(url: str) -> dict[str, Any]:
    """Return the JSON object at the address, or raise `Away`."""
    try:
        with requests.Session() as session:
            session.trust_env = False
            answer = session.get(url, timeout=CONNECT_AND_READ, headers={"accept": "application/json"})
            answer.raise_for_status()
            said = answer.json()
    except (requests.RequestException, ValueError) as problem:
        raise Away(str(problem)) from None
    if not isinstance(said, dict):
        raise Away("it answers with no JSON object")
    return said


def _is_as_safe(url: object, issuer: str) -> bool:
    """Say whether the address is one, and encrypted where the issuer's is."""
    if not isinstance(url, str) or not url.isprintable():
        return False
    parts = urlsplit(url)
    return bool(parts.netloc) and parts.scheme in {"https", urlsplit(issuer).scheme}


def _person(claims: dict[str, Any]) -> Person:
    subject = claims["sub"]
    if not isinstance(subject, str) or not 1 <= len(subject) <= LONGEST_SUBJECT or not subject.isprintable():
        raise Unproven("no subject")
    email, seen = claims.get("email"), claims.get("auth_time")
    known = email if isinstance(email, str) and email.isprintable() and len(email) <= 254 else ""
    name = claims.get("name")
    at = datetime.fromtimestamp(seen, UTC) if isinstance(seen, int) and 0 < seen < 2**33 else None
    shown = known or (name[:254] if isinstance(name, str) and name.isprintable() else "")
    return Person(subject, known, claims.get("email_verified") is True, shown, at)
