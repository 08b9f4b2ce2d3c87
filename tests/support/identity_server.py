"""Providers of sign-ins on loopback: OpenID Connect and GitHub in one server, which lies and is away on demand."""

import base64
import hashlib
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import ECKey, OctKey, RSAKey

from app import clock
from app.identity_settings import GITHUB, OPENID, IdentityProvider

CLIENT, SECRET = "the-portal", "a secret of the portal"
Claims = dict[str, Any]


@cache
def key(name: str = "first") -> RSAKey:
    """Return a signing key of the provider's: made once, as it takes long."""
    return RSAKey.generate_key(2048, {"kid": name, "use": "sig"})


@cache
def of_a_curve() -> ECKey:
    """Return a key of another kind."""
    return ECKey.generate_key("P-256", {"kid": "curve"})


@dataclass
class Account:
    """Somebody who signs in there."""

    subject: str = "sub-1"
    email: str = ""
    verified: object = True
    login: str = "octo"


@dataclass
class FakeIdentities:
    """A running server. What it says can be changed by `changes`, the signature by `signs`."""

    url: str = ""
    keys: list[Any] = field(default_factory=lambda: [key()])
    changes: Callable[[Claims], Claims] = lambda claims: claims
    signs: Callable[[Claims], str] | None = None
    description: Claims = field(default_factory=dict)
    status: int = 200
    """Of all answers: 503, while it is away."""
    in_token: bool = True
    """Whether the ID token says the address, or the userinfo alone."""
    seen_ago: int | None = 0
    """How many seconds ago the person signed in there; None: it does not say."""
    present: Account | None = None
    """Who is signed in there in the browser, and agrees at once: without one there is no page to see."""
    asked: list[str] = field(default_factory=list)
    codes: dict[str, tuple[Account, dict[str, str]]] = field(default_factory=dict)
    tokens: dict[str, Account] = field(default_factory=dict)

    def provider(self, name: str = "okta") -> IdentityProvider:
        """Return its settings as the portal has them."""
        return IdentityProvider(name, OPENID, "Okta", self.url, CLIENT, SECRET)

    def github(self) -> IdentityProvider:
        """Return the settings of the GitHub that is here too."""
        return IdentityProvider("github", GITHUB, "GitHub", self.url.replace("127.0.0.1", "localhost"), CLIENT, SECRET)

    def agrees(self, address: str, account: Account) -> str:
        """Sign the account in at the address that the browser was sent to; return the path and query to go back to."""
        parts = urlsplit(address)
        assert parts.path in {"/authorize", "/login/oauth/authorize"}, address
        asked = dict(parse_qsl(parts.query))
        assert (
            asked["client_id"] == CLIENT
            and asked["response_type"] == "code"
            and asked["code_challenge_method"] == "S256"
        )
        code = f"code-{len(self.codes) + 1}"
        asked["now"] = str(int(clock.now().timestamp()))  # the thread that serves has no clock of the test
        self.codes[code] = (account, asked)
        back = urlsplit(asked["redirect_uri"])
        return f"{back.path}?{urlencode({'code': code, 'state': asked['state']})}"

    def answer(self, method: str, path: str, body: str, headers: Any) -> tuple[int, object]:
        """Return the status and the JSON for a request."""
        self.asked.append(f"{method} {path}")
        if self.status != 200:
            return self.status, {}
        match method, path.partition("?")[0]:
            case "GET", "/authorize" if self.present:
                portal = urlsplit(dict(parse_qsl(urlsplit(path).query))["redirect_uri"])
                return 303, f"{portal.scheme}://{portal.netloc}{self.agrees(path, self.present)}"
            case "GET", "/.well-known/openid-configuration":
                return 200, self._description() | self.description
            case "GET", "/keys":
                return 200, {"keys": [each.as_dict(private=False) for each in self.keys]}
            case "POST", "/token" | "/login/oauth/access_token":
                return self._token(body, headers, is_github=path.startswith("/login"))
            case "GET", "/userinfo" | "/api/v3/user" | "/api/v3/user/emails":
                return self._account(path, headers)
            case _:
                return 404, {}

    def _description(self) -> Claims:
        named = {"authorization_endpoint": "authorize", "token_endpoint": "token", "jwks_uri": "keys"}
        named |= {"userinfo_endpoint": "userinfo"}
        return {"issuer": self.url} | {name: f"{self.url}/{path}" for name, path in named.items()}

    def _token(self, body: str, headers: Any, *, is_github: bool) -> tuple[int, object]:
        sent = {name: values[0] for name, values in parse_qs(body).items()}
        account, asked = self.codes.pop(sent["code"], (None, {}))  # once
        challenge = (
            base64.urlsafe_b64encode(hashlib.sha256(sent["code_verifier"].encode()).digest()).decode().rstrip("=")
        )
        basic = "Basic " + base64.b64encode(f"{CLIENT}:{SECRET}".replace(" ", "%20").encode()).decode()
        plain = "Basic " + base64.b64encode(f"{CLIENT}:{SECRET}".encode()).decode()
        proves = sent.get("client_secret") == SECRET if is_github else headers["authorization"] in {basic, plain}
        if (
            account is None
            or challenge != asked["code_challenge"]
            or not proves
            or sent["redirect_uri"] != asked["redirect_uri"]
        ):
            return 200 if is_github else 400, {"error": "invalid_grant"}
        access = f"access-{len(self.tokens) + 1}"
        self.tokens[access] = account
        made: Claims = {"access_token": access, "token_type": "bearer"}
        return 200, made if is_github else made | {"id_token": self._id_token(account, asked)}

    def _id_token(self, account: Account, asked: dict[str, str]) -> str:
        now = int(asked["now"])
        claims: Claims = {"iss": self.url, "aud": CLIENT, "sub": account.subject, "iat": now, "exp": now + 300}
        claims |= {"nonce": asked.get("nonce")}
        if self.seen_ago is not None:
            claims["auth_time"] = now - self.seen_ago
        if self.in_token:
            claims |= {"email": account.email, "email_verified": account.verified}
        claims = self.changes(claims)
        if self.signs is not None:
            return self.signs(claims)
        return signed(claims, self.keys[-1])

    def _account(self, path: str, headers: Any) -> tuple[int, object]:
        account = self.tokens.get(headers["authorization"].partition(" ")[2])
        if account is None:
            return 401, {}
        emails = [
            {"email": "old@elsewhere.example", "primary": False, "verified": True},
            {"email": account.email, "primary": True, "verified": account.verified},
        ]
        return 200, {
            "/userinfo": {"sub": account.subject, "email": account.email, "email_verified": account.verified},
            "/api/v3/user": {
                "id": int(account.subject) if account.subject.isdigit() else account.subject,
                "login": account.login,
            },
            "/api/v3/user/emails": emails,
        }[path]


def signed(claims: Claims, by: Any, algorithm: str = "RS256") -> str:
    """Return an ID token that the key has signed."""
    return jwt.encode({"alg": algorithm, "kid": by.kid}, claims, by, algorithms=[algorithm])


def by_the_secret(claims: Claims) -> str:
    """Return an ID token that is signed by what the portal knows too."""
    return jwt.encode(
        {"alg": "HS256", "kid": "first"}, claims, OctKey.import_key(SECRET.ljust(32, "x")), algorithms=["HS256"]
    )


def unsigned(claims: Claims) -> str:
    """Return an ID token that nobody has signed."""
    parts = [json.dumps(each).encode() for each in ({"alg": "none"}, claims)]
    return ".".join(base64.urlsafe_b64encode(each).decode().rstrip("=") for each in parts) + "."


@contextmanager
def serving() -> Iterator[FakeIdentities]:
    """Run the server inside the block."""
    fake = FakeIdentities()

    class Handler(BaseHTTPRequestHandler):
        def _do(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length") or 0)).decode()
            status, said = fake.answer(self.command, self.path, body, self.headers)
            content = json.dumps(said).encode()
            self.send_response(status)
            if status == HTTPStatus.SEE_OTHER:
                self.send_header("location", str(said))
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = _do  # noqa: N815  # as the server names them

        def log_message(self, *_words: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    fake.url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield fake
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
