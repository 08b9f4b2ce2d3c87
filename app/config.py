"""Settings: read once from the environment, checked as a whole, frozen. A wrong one stops the start with its reason."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from email.utils import parseaddr
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import urlsplit

from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from app import identity_settings, mailboxes
from app.identity_settings import IdentityProvider, WrongProvider

INSTANCE = Path(__file__).resolve().parent.parent / "instance"
_SECRETS = {
    "SECRET_KEY",
    "DATABASE_URL",
    "DATABASE_OWNER_URL",
    "REPLICA_URL",
    "STRIPE_SECRET_KEY",
    "STRIPE_WEBHOOK_SECRET",
    "REDIS_URL",
    "JOBS_URL",
    "MAIL_URL",
}
UNREADABLE = (
    "cannot be read: a port is a number, a file has a path, and of a password @ is written %40, / %2F and % %25"
)
_NOT_READ = {"testing", "identity_providers"}
"""What no variable of the same name sets."""


class WrongSetting(Exception):
    """A setting is missing or wrong; the words name it and say why."""


@dataclass(frozen=True)
class Settings:
    """Everything that can be set from outside. Each field is the environment variable of the same name in capitals."""

    secret_key: str = field(repr=False)
    database_url: str = field(repr=False)
    database_owner_url: str = field(default="", repr=False)
    database_prepared_statements: str = "auto"
    replica_url: str = field(default="", repr=False)
    replica_max_age_seconds: int = 60
    payments: str = "sandbox"
    stripe_secret_key: str = field(default="", repr=False)
    stripe_publishable_key: str = ""
    stripe_webhook_secret: str = field(default="", repr=False)
    stripe_api_base: str = ""
    vies_url: str = ""
    pdf_engine: str = "xhtml2pdf"
    base_url: str = "http://localhost:8000"
    redis_url: str = field(default="", repr=False)
    jobs_url: str = field(default="", repr=False)
    mail_url: str = field(default="", repr=False)
    mail_from: str = ""
    trusted_proxies: int = 0
    webhooks_allow_loopback: bool = False
    api_calls_per_minute: int = 60_000
    api_front: bool = True
    web_threads: int = 16
    archive_events_after_months: int = 13
    api_tokens_may_last: bool = False
    two_factor_required: bool = False
    identity_providers: tuple[IdentityProvider, ...] = ()
    """By `GITHUB_…` and `OIDC_…`."""
    log_format: str = "json"
    demo: bool = False
    testing: bool = False

    @classmethod
    def from_env(cls, environ: Mapping[str, str] | None = None) -> "Settings":
        """Read the settings, or raise `WrongSetting`. A secret may come from the file that `<NAME>_FILE` names."""
        env = os.environ if environ is None else environ
        values: dict[str, object] = {}
        for each in fields(cls):
            name = each.name.upper()
            text = _read(env, name)
            if text is None or each.name in _NOT_READ:
                continue
            values[each.name] = _typed(name, text, each.type)
        values["identity_providers"] = _providers(env)
        values.setdefault("secret_key", "")
        if not values.get("database_url"):
            _make_instance("DATABASE_URL")
            values["database_url"] = f"sqlite:///{INSTANCE / 'purser.sqlite3'}"
        values["database_url"] = _from_here(_driver(str(values["database_url"])))
        values["database_owner_url"] = _driver(str(values.get("database_owner_url", "")))
        values["replica_url"] = _driver(str(values.get("replica_url", "")))
        settings = cls(**values)  # type: ignore[arg-type]  # each value was typed by its field above
        settings.check()
        if settings.on_postgresql and not settings.jobs_url:
            _make_instance("JOBS_URL")
        return settings

    def check(self) -> None:
        """Raise `WrongSetting` for the first setting that is wrong by itself or beside the others."""
        _want(
            len(self.secret_key) >= 32,
            "SECRET_KEY",
            "must be at least 32 characters; make one with python -c 'import secrets; print(secrets.token_hex(32))'",
        )
        scheme = self.database_url.partition(":")[0]
        _want(scheme in {"sqlite", "postgresql+psycopg"}, "DATABASE_URL", "must begin with sqlite:/// or postgresql://")
        for name in ("database_url", "database_owner_url", "replica_url"):
            _want(_is_read(getattr(self, name)), name.upper(), UNREADABLE)
        prepared = self.database_prepared_statements
        _want(prepared in {"auto", "on", "off"}, "DATABASE_PREPARED_STATEMENTS", "must be 'auto', 'on' or 'off'")
        replicable = self.on_postgresql and self.replica_url.startswith("postgresql")
        _want(not self.replica_url or replicable, "REPLICA_URL", "must be postgresql://…, of a replica of DATABASE_URL")
        _want(self.payments in {"sandbox", "stripe"}, "PAYMENTS", "must be 'sandbox' or 'stripe'")
        _want(self.log_format in {"json", "console"}, "LOG_FORMAT", "must be 'json' or 'console'")
        engines = "must be 'xhtml2pdf', 'weasyprint' or 'none'"
        _want(self.pdf_engine in {"xhtml2pdf", "weasyprint", "none"}, "PDF_ENGINE", engines)
        there = self.pdf_engine != "weasyprint" or find_spec("weasyprint") is not None
        _want(there, "PDF_ENGINE", "needs WeasyPrint: pip install --require-hashes -r requirements/weasyprint.txt")
        _want(0 <= self.trusted_proxies <= 10, "TRUSTED_PROXIES", "must be a number from 0 to 10")
        calls = "must be a number from 0 (no limit) to 1000000000"
        _want(0 <= self.api_calls_per_minute <= 10**9, "API_CALLS_PER_MINUTE", calls)
        _want(1 <= self.web_threads <= 200, "WEB_THREADS", "must be a number from 1 to 200")
        _want(
            not self.webhooks_allow_loopback or self.demo or self.testing,
            "WEBHOOKS_ALLOW_LOOPBACK",
            "is for the demo only: events would be sent to this machine itself",
        )
        self._check_urls()
        self._check_mail()
        self._check_payments()

    def _check_urls(self) -> None:
        plain = "must be a plain http:// or https:// address"
        for name, url in (("BASE_URL", self.base_url), ("STRIPE_API_BASE", self.stripe_api_base)):
            if not url and name == "STRIPE_API_BASE":
                continue
            parts = urlsplit(url)
            fits = parts.scheme in {"http", "https"} and parts.netloc and not parts.query and not parts.fragment
            _want(fits, name, plain)
            _want(not parts.path.strip("/"), name, "must have no path")
        vies = urlsplit(self.vies_url)
        fits = not self.vies_url or (vies.scheme in {"http", "https"} and vies.netloc and not vies.query)
        _want(fits, "VIES_URL", plain)
        local = urlsplit(self.base_url).hostname in {"localhost", "127.0.0.1", "::1"}
        words = "must be https:// for any host but localhost, or sign-ins would travel in the open"
        _want(local or self.base_url.startswith("https://") or self.testing, "BASE_URL", words)
        if self.redis_url:
            _want(urlsplit(self.redis_url).scheme in {"redis", "rediss"}, "REDIS_URL", "must begin with redis://")
        if self.jobs_url:
            kinds = {"sqlite", "postgresql", "redis", "rediss"}
            words = "must begin with sqlite:///, postgresql:// or redis://"
            _want(urlsplit(self.jobs_url).scheme in kinds, "JOBS_URL", words)

    def _check_mail(self) -> None:
        if not self.mail_url:
            return
        parts = urlsplit(self.mail_url)
        try:
            fits = parts.scheme in {"smtp", "smtps"} and parts.hostname and parts.port != 0
        except ValueError:
            fits = False  # a port that is none
        _want(fits, "MAIL_URL", "must be smtp://host:port or smtps://host")
        _want(
            parts.query in {"", "tls=off"} and not (parts.query and parts.scheme == "smtps"),
            "MAIL_URL",
            "may end in ?tls=off (smtp:// only) and in nothing else",
        )
        _want(
            not (parts.query and parts.username) or parts.hostname in {"localhost", "127.0.0.1", "::1"},
            "MAIL_URL",
            "must not have tls=off beside a password for another machine: it would travel in the open",
        )
        _name, address = parseaddr(self.mail_from)
        _want(
            mailboxes.is_mailable(address) and not set(self.mail_from) & set("\r\n"),
            "MAIL_FROM",
            "must be the address that mails come from, such as 'Example Billing <billing@example.com>', with MAIL_URL",
        )

    def _check_payments(self) -> None:
        live = any("_live_" in key for key in (self.stripe_secret_key, self.stripe_publishable_key))
        if self.payments == "sandbox":
            _want(
                not live,
                "STRIPE_SECRET_KEY",
                "is a live key while PAYMENTS=sandbox: nothing would be charged; "
                "set PAYMENTS=stripe or take the key away",
            )
            return
        _want(
            self.stripe_secret_key.startswith(("sk_", "rk_")),
            "STRIPE_SECRET_KEY",
            "must be set (sk_… or rk_…) with PAYMENTS=stripe",
        )
        _want(
            self.stripe_publishable_key.startswith("pk_"),
            "STRIPE_PUBLISHABLE_KEY",
            "must be set (pk_…) with PAYMENTS=stripe",
        )
        _want(
            self.stripe_webhook_secret.startswith("whsec_"),
            "STRIPE_WEBHOOK_SECRET",
            "must be set (whsec_…) with PAYMENTS=stripe, or webhooks could be forged",
        )
        _want(
            ("_live_" in self.stripe_secret_key) == ("_live_" in self.stripe_publishable_key),
            "STRIPE_PUBLISHABLE_KEY",
            "and STRIPE_SECRET_KEY must both be live or both be test keys",
        )
        _want(not self.demo, "DEMO", "must be off with PAYMENTS=stripe")

    @property
    def secure(self) -> bool:
        """Whether people reach the portal over TLS."""
        return self.base_url.startswith("https://")

    @property
    def on_postgresql(self) -> bool:
        """Whether the database is PostgreSQL."""
        return self.database_url.startswith("postgresql")


def printable(settings: Settings) -> list[tuple[str, str]]:
    """Return the settings by name as they may be shown: secrets only as set or not set."""
    shown = []
    for each in fields(settings):
        name, value = each.name.upper(), getattr(settings, each.name)
        if each.name not in _NOT_READ:
            shown.append((name, ("(set)" if value else "(not set)") if name in _SECRETS else str(value)))
    return [*shown, *((f"SIGN_IN_WITH_{each.name.upper()}", each.issuer) for each in settings.identity_providers)]


def _providers(env: Mapping[str, str]) -> tuple[IdentityProvider, ...]:
    try:
        return identity_settings.of_environment(lambda name: _read(env, name))
    except WrongProvider as problem:
        raise WrongSetting(str(problem)) from None


def _read(env: Mapping[str, str], name: str) -> str | None:
    path = env.get(f"{name}_FILE")
    if path:
        _want(name not in env, name, f"is set beside {name}_FILE: keep one")
        try:
            return Path(path).read_text().strip()
        except (OSError, UnicodeDecodeError) as problem:
            raise WrongSetting(f"{name}_FILE: cannot be read: {problem}") from None
    text = env.get(name)
    return text.strip() if text is not None and text.strip() else None


def _typed(name: str, text: str, kind: object) -> object:
    if kind is int:
        _want(text.isascii() and text.isdigit(), name, "must be a whole number")
        return int(text)
    if kind is bool:
        _want(text.lower() in {"0", "1", "true", "false"}, name, "must be 1 or 0")
        return text.lower() in {"1", "true"}
    return text.rstrip("/") if name.endswith(("BASE_URL", "API_BASE")) else text


def _driver(url: str) -> str:
    for scheme in ("postgresql://", "postgres://"):
        if url.startswith(scheme):
            return "postgresql+psycopg://" + url.removeprefix(scheme)
    return url


def _is_read(url: str) -> bool:
    """Say whether SQLAlchemy can read the address, and of a file its path; or there is none."""
    try:
        return not url or bool(make_url(url).database) or not url.startswith("sqlite")
    except (ValueError, ArgumentError):
        return False


def _from_here(url: str) -> str:
    """Return the address of a SQLite file with its whole path: a command and the server must mean the same file."""
    path = url.removeprefix("sqlite:///")
    if path in {url, "", ":memory:"} or path.startswith(("/", "file:")):
        return url
    return f"sqlite:///{Path.cwd() / path}"


def _make_instance(name: str) -> None:
    """Make `instance/`, where a file is kept unless the setting of this name says otherwise."""
    try:
        INSTANCE.mkdir(exist_ok=True)
    except OSError as problem:
        raise WrongSetting(f"{name} must be set: {INSTANCE} cannot be made ({problem.strerror})") from None
    _want(os.access(INSTANCE, os.W_OK), name, f"must be set: this account may not write in {INSTANCE}")


def _want(condition: object, name: str, words: str) -> None:
    if not condition:
        raise WrongSetting(f"{name} {words}")
