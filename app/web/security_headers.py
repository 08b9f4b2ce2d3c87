"""The headers that every answer carries: what a browser may load, and who may keep or frame a page."""

from flask import Flask, request
from werkzeug.datastructures import HeaderSet
from werkzeug.wrappers import Response

from app.config import Settings
from app.web.embedding import frame, path_mode

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


# What Stripe's guide asks for where its form is shown (https://docs.stripe.com/security/guide): its script, its frames,
# its API. Wallets and Link, which would ask for more, are switched off in static/stripe_setup.js.
_STRIPE = {
    "script-src": "'self' https://js.stripe.com https://*.js.stripe.com",
    "frame-src": "https://js.stripe.com https://*.js.stripe.com https://hooks.stripe.com",
    "connect-src": "'self' https://api.stripe.com",
}
_PAGES_OF_STRIPE = ("https://hooks.stripe.com", "https://checkout.stripe.com", "https://billing.stripe.com")


_IN_ISOLATED_PAGES = {
    "Cross-Origin-Embedder-Policy": "require-corp",
    "Cross-Origin-Resource-Policy": "cross-origin",
}
_KEPT_BY = "private, no-store"


def policy(settings: Settings, *, stripe_form: bool = False) -> str:
    """Return the content security policy; with `stripe_form` that of a page which shows Stripe's own form.

    A form may end at the bank's page, the checkout and the customer's portal, which are Stripe's outside the sandbox.
    """
    at_stripe = f" {' '.join(_PAGES_OF_STRIPE)}" if settings.payments == "stripe" else ""
    opened = _STRIPE if stripe_form and settings.payments == "stripe" else {}
    changed = {"form-action": f"'self'{at_stripe}", **opened}
    return "; ".join(f"{name} {value}" for name, value in (_POLICY | changed).items())


def init_app(app: Flask, settings: Settings) -> None:
    """Put the headers on every answer of the app, errors and files included."""
    usual, fixed = policy(settings), _fixed(settings)

    @app.after_request
    def add(response: Response) -> Response:
        # A view may bring a policy of its own: the frame that shows a mail of the demo, the page with Stripe's form.
        response.headers.update({name: value for name, value in fixed.items() if name not in response.headers})
        _let_frame(response, usual)
        if request.endpoint == "static" and response.status_code in {200, 206, 304}:
            if not response.cache_control.immutable:
                response.headers["Cache-Control"] = "public, max-age=3600"
        elif not response.cache_control.immutable:
            response.headers["Cache-Control"] = _KEPT_BY
            _say_what_it_depends_on(response.vary)
        return response


def of_programs(settings: Settings) -> dict[str, str]:
    """Return the headers of what programs are answered: nobody keeps it or frames it."""
    vary = HeaderSet()
    _say_what_it_depends_on(vary)
    return {**_fixed(settings), "Cache-Control": _KEPT_BY, "Vary": vary.to_header()}


def _say_what_it_depends_on(vary: HeaderSet) -> None:
    vary.add("HX-Request")
    vary.add("Cookie")


def _fixed(settings: Settings) -> dict[str, str]:
    fixed = {
        "Content-Security-Policy": policy(settings),
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "same-origin",  # no-referrer would take away the Origin that changes are checked by
        "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(self), usb=()",
        "Cross-Origin-Opener-Policy": "same-origin",
    }
    if settings.secure:
        fixed["Strict-Transport-Security"] = "max-age=31536000; includeSubDomains"
    return fixed


def _let_frame(response: Response, usual: str) -> None:
    """Say who may frame the answer, and let it stand in pages with a cross-origin embedder policy."""
    if request.endpoint == "static":
        response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"  # embed.js; all of it is public
        return
    if path_mode.is_on():  # to our own pages, too, the address is nobody's business
        response.headers["Referrer-Policy"] = "strict-origin"
    if request.blueprint == "portal_session":  # an isolated page also asks the redirects of the way in
        response.headers.update(_IN_ISOLATED_PAGES)
    who = frame.ancestors()
    if who == "'none'" or response.headers["Content-Security-Policy"] != usual:
        return
    response.headers["Content-Security-Policy"] = usual.replace("frame-ancestors 'none'", f"frame-ancestors {who}")
    response.headers.update(_IN_ISOLATED_PAGES)
