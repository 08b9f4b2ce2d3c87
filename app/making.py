"""Makes the portal: every room is imported, set up and bound to one Flask app."""

from datetime import timedelta
from importlib import import_module
from pkgutil import iter_modules
from typing import TYPE_CHECKING, Any

import click
from flask import Flask
from jinja2 import StrictUndefined
from werkzeug.middleware.proxy_fix import ProxyFix

from app import extensions, languages, logs, worker
from app.api import metrics, v1
from app.api.contract import addresses, problems
from app.api.front import door
from app.config import Settings
from app.extensions import csrf, htmx, limiter
from app.gateways import connect
from app.gateways.pdf.renderer import ENGINES, Renderer, program
from app.later import later, made_later
from app.models import database, replica
from app.services.access.sessions import LIFETIME
from app.services.customers import pay_later as _exposure  # noqa: F401  # registers itself
from app.services.invoices import file_making
from app.services.invoices import writer as _writer_of_documents  # noqa: F401  # registers itself
from app.services.papers import papers
from app.services.processor.gateway import the_gateway
from app.services.receivables import from_credit as _credit_that_comes  # noqa: F401  # registers itself
from app.services.receivables import settling as _settling_of_invoices  # noqa: F401  # registers its purpose
from app.services.receivables import transferring as _transfers_for_invoices  # noqa: F401  # registers its check
from app.services.sign_in.identity_providers import the_providers
from app.services.subscriptions import settling as _settling_of_plans  # noqa: F401  # registers its purpose
from app.services.tax.checking import the_vies
from app.web import access, assets, filters, login, navigation, security_headers, shared_counts
from app.web.embedding import frame
from app.web.errors import cut_short
from app.web.errors import pages as error_pages
from app.web.session_cookie import ServerSessions

if TYPE_CHECKING:
    from app import printing
else:  # a worker prints
    printing = later("app.printing")

PAGES = (
    "entry.home",
    "entry.balance_badge",
    "usage_files",
    "log_files",
    "usage_undo",
    "usage_figures",
    "spend_figures",
    "entry.sign_in",
    "entry.forgot_password",
    "entry.reset_password",
    "entry.confirm_sign_in_email",
    "entry.second_factor",
    "entry.portal_session",
    "overview",
    "plan",
    "plan_change",
    "plan_cancellation",
    "usage",
    "add_credits",
    "credit_codes",
    "auto_recharge",
    "balance_history",
    "spend_management",
    "payment_methods",
    "bank_transfers",
    "invoice_address",
    "invoice_correction",
    "invoice_notifications",
    "invoice_payment",
    "invoices",
    "referrals",
    "statement",
    "tax_settings",
    "notifications",
    "account.activity",
    "account.members",
    "account.access_links",
    "account.passkeys",
    "account.two_factor",
    "account.profile",
    "account.customers",
    "account.ssh_keys",
    "account.authentication",
    "account.own_account",
    "account.api_tokens",
    "account.identities",
    "spend_management_webhook",
    "entry.resume",
    "entry.confirm_email",
    "entry.confirm_billing_email",
    "entry.automatic_charge",
    "entry.weekly_digest",
    "entry.confirm_access",
    "entry.sign_in_with",
    "entry.join",
    "entry.invitation",
    "entry.access_link",
)
PROGRAMS = ("health", "metrics", "processor_webhooks")
MAX_BODY = 1024 * 1024
KEPT_CONNECTIONS, LEAST_CONNECTIONS = 10, 20
"""To PostgreSQL: so many stay open, and so many may be at least. A worker has its rounds and what draws."""


def make(settings: Settings) -> Flask:
    """Return the portal for these settings. Nothing happens before, at import."""
    logs.configure(settings)
    app = Flask(__package__)
    app.config.update(_config(settings))
    app.jinja_env.undefined = StrictUndefined
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.url_map.strict_slashes = False  # a path typed with or without its last slash is the same page
    app.session_interface = ServerSessions(secure=settings.secure)
    extensions.settings.set(app, settings)
    the_gateway.set(app, made_later(lambda: connect.to_processor(settings)))
    the_vies.set(app, connect.to_vies(settings))
    the_providers.set(app, connect.to_identity_providers(settings))
    file_making.the_printer.set(app, lambda parts: printing.html_of(parts))  # noqa: PLW0108  # imported then
    papers.the_paper_printer.set(app, lambda claim: printing.paper_of(claim))  # noqa: PLW0108
    engine = ENGINES.get(settings.pdf_engine, ENGINES["xhtml2pdf"])
    file_making.the_renderer.set(app, Renderer(program(engine)))
    cut_short.init_app(app)
    if settings.trusted_proxies:
        hops = settings.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)  # type: ignore[method-assign]

    database.db.init_app(app)
    with app.app_context():
        database.prepare(database.db.engine, settings.database_prepared_statements)
    replica.the_replica.set(app, replica.of(settings))
    languages.init_app(app)
    worker.init_app(app)
    limiter.init_app(app)
    csrf.init_app(app)
    htmx.init_app(app)
    logs.init_app(app)
    metrics.init_app(app)
    login.init_app(app)
    access.init_app(app)
    error_pages.init_app(app)
    problems.init_app(app)
    addresses.init_app(app)
    security_headers.init_app(app, settings)
    frame.init_app(app)
    filters.init_app(app)
    assets.init_app(app, demo=settings.demo)
    navigation.init_app(app)
    _register(app, settings)
    door.init_app(app, settings)
    return app


def _config(settings: Settings) -> dict[str, Any]:
    engine: dict[str, Any] = {"hide_parameters": True}
    if settings.on_postgresql:
        more = max(LEAST_CONNECTIONS, settings.web_threads) - KEPT_CONNECTIONS  # none waits for another's
        engine |= {"pool_size": KEPT_CONNECTIONS, "max_overflow": more, "pool_timeout": 10}
    return {
        "SECRET_KEY": settings.secret_key,
        "TESTING": settings.testing,
        "PROPAGATE_EXCEPTIONS": False,  # also in tests: what people see there is what is tested
        "SQLALCHEMY_DATABASE_URI": settings.database_url,
        "SQLALCHEMY_ENGINE_OPTIONS": engine,
        "MAX_CONTENT_LENGTH": MAX_BODY,
        "MAX_FORM_MEMORY_SIZE": MAX_BODY,
        "MAX_FORM_PARTS": 200,
        "SEND_FILE_MAX_AGE_DEFAULT": timedelta(hours=1),
        "PREFERRED_URL_SCHEME": "https" if settings.secure else "http",
        "WTF_CSRF_CHECK_DEFAULT": False,  # web/access.py asks, after the origin
        "WTF_CSRF_TIME_LIMIT": int(LIFETIME.total_seconds()),
        "WTF_CSRF_SSL_STRICT": False,  # web/access.py checks the Origin on every change
        "REMEMBER_COOKIE_NAME": None,  # Flask-Login's own could not be revoked, and odd bytes in it answer 500
        "RATELIMIT_STORAGE_URI": settings.redis_url or "memory://",
        "RATELIMIT_STORAGE_OPTIONS": shared_counts.options(settings),
    }


def _register(app: Flask, settings: Settings) -> None:
    """Register the pages and what programs talk to; the sandbox's own pages only beside the sandbox."""
    names = [f"app.blueprints.{name}" for name in PAGES] + [f"app.api.{name}" for name in PROGRAMS]
    if settings.payments == "sandbox":
        names.append("app.dev.bank_challenge")
    if settings.payments == "sandbox" and (settings.demo or settings.testing):
        names += ["app.dev.processor", "app.dev.mailbox"]
    if settings.payments == "sandbox" and settings.demo:
        names.append("app.demo.people")
    names += [f"app.api.v1.{module.name}" for module in iter_modules(v1.__path__)]
    for name in names:
        app.register_blueprint(import_module(name).bp)
    app.cli.add_command(_Commands("portal", help="Set up, run and check the portal."))


class _Commands(click.Group):
    """The seller's commands, imported when one is looked up: a web server runs none."""

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return the command of this name."""
        return _commands().get_command(ctx, cmd_name)

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of all."""
        return _commands().list_commands(ctx)


def _commands() -> click.Group:
    found: click.Group = import_module("app.cli").bp.cli
    return found
