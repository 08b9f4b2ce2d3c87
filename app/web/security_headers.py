"""The headers that every answer carries: what a browser may load, and who may keep or frame a page."""

from flask import Flask, request
from werkzeug.wrappers import Response

from app.config import Settings

_POLICY = {
    "default-src": "'self'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self'",
    "font-src": "'self'",
    "connect-src": "'self'",
    "frame-src": "'none'",
    "object-src": "'none'",
    "base-uri": "'none'",
    "form-action": "'self'",
    "frame-ancestors": "'none'",
}


def policy(settings: Settings) -> str:
    """Return the content security policy. A form may end at the bank's page, which is Stripe's outside the sandbox."""
    form_action = "'self' https://hooks.stripe.com" if settings.payments == "stripe" else "'self'"
    return "; ".join(f"{name} {value}" for name, value in (_POLICY | {"form-action": form_action}).items())


def init_app(app: Flask, settings: Settings) -> None:
    """Put the headers on every answer of the app, errors and files included."""
    fixed = {
        "Content-Security-Policy": policy(settings),
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "same-origin",  # no-referrer would take away the Origin that changes are checked by
        "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(self), usb=()",
        "Cross-Origin-Opener-Policy": "same-origin",
    }
    if settings.secure:
        fixed["Strict-Transport-Security"] = "max-age=31536000; includeSubDomains"

    @app.after_request
    def add(response: Response) -> Response:
        response.headers.update(fixed)
        if request.endpoint == "static" and response.status_code in {200, 206, 304}:
            response.headers["Cache-Control"] = "public, max-age=3600"
        else:
            response.headers["Cache-Control"] = "private, no-store"
            response.vary.add("HX-Request")
            response.vary.add("Cookie")
        return response
