"""Styles and scripts: many small files for whoever writes them, one of each for a browser."""

import gzip
import hashlib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from flask import Flask, Response, request, url_for

from app.web.embedding import path_mode

STYLES = ("portal.css", "components.css", "figures.css", "charts.css")
PAGES = (
    "account",
    "add_credits",
    "auto_recharge",
    "balance_history",
    "bank_transfers",
    "dev",
    "invoice_address",
    "invoice_notifications",
    "invoices",
    "notifications",
    "overview",
    "payment_methods",
    "plan",
    "referrals",
    "spend_management",
    "statement",
    "tax_settings",
    "two_factor",
    "usage",
)
PRINT = "print.css"
SCRIPTS = (
    "htmx-4.0.1.min.js",
    "feedback.js",
    "portal.js",
    "badge.js",
    "figures.js",
    "times.js",
    "charts.js",
    "unsaved.js",
    "checkout.js",
    "passkeys.js",
)
"""In the order in which they run."""
FOREVER = 365 * 24 * 3600


@dataclass(frozen=True)
class Joined:
    """Files in one: its name and type, and what it says."""

    name: str
    mimetype: str
    content: str


def init_app(app: Flask, *, demo: bool) -> None:
    """Read the files, and let `static` answer with them in one beside the single files."""
    folder = Path(app.static_folder or "")
    styles, scripts = joined(folder, demo=demo)
    made = {"css": styles, "js": scripts}

    def answer(filename: str) -> Response:
        """Send the file. One whose name is out of date is what there is now: its page came from another version."""
        stem, _, kind = filename.rpartition(".")
        if not stem.startswith("joined-") or kind not in made:
            return app.send_static_file(filename)
        found = made[kind]
        response = Response(found.content, mimetype=found.mimetype)
        response.vary.add("Accept-Encoding")
        if request.accept_encodings.quality("gzip") > 0:  # the same for everybody: its length holds no secret
            response.data = _zipped(found.content)
            response.content_encoding = "gzip"
        response.cache_control.public = True
        if filename == found.name:
            response.cache_control.max_age = FOREVER
            response.cache_control.immutable = True
        response.add_etag()
        response.make_conditional(request)
        return response

    app.view_functions["static"] = answer
    app.jinja_env.globals["styles"] = lambda: static_file(styles.name)
    app.jinja_env.globals["scripts"] = lambda: static_file(scripts.name)
    app.jinja_env.globals["static_file"] = static_file


@lru_cache(maxsize=4)
def _zipped(content: str) -> bytes:
    return gzip.compress(content.encode(), mtime=0)


def static_file(name: str) -> str:
    """Return the address of a file, which is everybody's: it has no session's token before it, and is kept for all."""
    return path_mode.without_root(url_for("static", filename=name))


def joined(folder: Path, *, demo: bool) -> tuple[Joined, Joined]:
    """Return the styles and the scripts of the folder, each in one."""
    pages = [f"pages/{name}.css" for name in (*PAGES, *["demo"] * demo)]
    parts = [(folder / name).read_text() for name in (*STYLES, *pages)]
    parts.append(f"@media print {{\n{(folder / PRINT).read_text()}\n}}")
    scripts = [(folder / name).read_text() for name in SCRIPTS]
    return _named("\n".join(parts), "css", "text/css"), _named(";\n".join(scripts), "js", "text/javascript")


def _named(content: str, kind: str, mimetype: str) -> Joined:
    digest = hashlib.sha256(content.encode()).hexdigest()[:16]
    return Joined(f"joined-{digest}.{kind}", mimetype, content)
