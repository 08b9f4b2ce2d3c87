"""GitHub, which has no OpenID Connect: a code with PKCE, then the account is asked about. GitHub Enterprise too."""

from typing import Any

import requests
from authlib.integrations.base_client import OAuthError  # type: ignore[import-untyped]  # Authlib has no types
from authlib.integrations.requests_client import OAuth2Session  # type: ignore[import-untyped]  # Authlib has no types

from app.gateways.identity.person import CONNECT_AND_READ, Asked, Away, Person, Unproven
from app.identity_settings import GITHUB_URL, IdentityProvider


class GitHub:
    """GitHub, or a server of one's own. It says nothing of when somebody signed in there."""

    def __init__(self, provider: IdentityProvider) -> None:
        self._of = provider
        own = provider.issuer != GITHUB_URL
        self._api = f"{provider.issuer}/api/v3" if own else "https://api.github.com"

    def address(self, asked: Asked, back: str, *, again: bool = False) -> str:  # noqa: ARG002  # it has no such parameter
        """Return where the browser is sent."""
        with self._client(back) as client:
            url, _state = client.create_authorization_url(
                f"{self._of.issuer}/login/oauth/authorize", state=asked.state, code_verifier=asked.verifier
            )
        return str(url)

    def person(self, asked: Asked, back: str, code: str) -> Person:
        """Return whose code it is. The subject is the account's number: names are given to others."""
        with self._client(back) as client:
            try:
                client.fetch_token(
                    f"{self._of.issuer}/login/oauth/access_token",
                    grant_type="authorization_code",
                    code=code,
                    code_verifier=asked.verifier,
                    allow_redirects=False,
                )
                account, emails = self._asked(client, "/user"), self._asked(client, "/user/emails")
            except OAuthError as refusal:
                raise Unproven(f"token endpoint: {refusal.error}") from None
            except (requests.RequestException, ValueError) as problem:
                raise Away(str(problem)) from None
        if not isinstance(account, dict) or type(account.get("id")) is not int:
            raise Unproven("no account")
        email = _primary(emails)
        login = account.get("login")
        shown = login[:254] if isinstance(login, str) and login.isprintable() else email
        return Person(str(account["id"]), email, bool(email), shown)

    def _client(self, back: str) -> OAuth2Session:
        client = OAuth2Session(
            self._of.client_id,
            self._of.client_secret,
            redirect_uri=back,
            scope="read:user user:email",
            code_challenge_method="S256",
            token_endpoint_auth_method="client_secret_post",  # noqa: S106  # the name of a method
            default_timeout=CONNECT_AND_READ,
        )
        client.trust_env = False
        return client

    def _asked(self, client: OAuth2Session, path: str) -> Any:
        answer = client.get(
            f"{self._api}{path}", headers={"accept": "application/vnd.github+json"}, allow_redirects=False
        )
        answer.raise_for_status()
        return answer.json()


def _primary(emails: object) -> str:
    """Return the address that is the account's first and that GitHub has verified; empty where there is none."""
    for each in emails if isinstance(emails, list) else ():
        if isinstance(each, dict) and each.get("primary") is True and each.get("verified") is True:
            email = each.get("email")
            return email if isinstance(email, str) and email.isprintable() and len(email) <= 254 else ""
    return ""
