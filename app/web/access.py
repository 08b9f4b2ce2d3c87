"""Who may open what: closed unless a view says otherwise, and every change only from our own pages."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import urlencode, urlsplit

from flask import Flask, Response, abort, current_app, g, make_response, redirect, request, url_for
from flask_login import current_user, login_fresh  # type: ignore[import-untyped]
from werkzeug.exceptions import HTTPException

from app import clock, languages
from app.domain.amounts import CreditUnit, is_currency
from app.domain.catalog import Catalog
from app.domain.embedding.origins import own_path
from app.domain.errors import Forbidden, ensure
from app.domain.language import _, marked
from app.domain.people.members import Actor
from app.domain.tax.prices import Taxation
from app.extensions import csrf, login, settings
from app.models.customers import Customer
from app.models.database import db
from app.models.scope import CustomerScope, enter
from app.services.catalog import versions
from app.services.tax import decision
from app.web.embedding import frame, path_mode
from app.web.login import ask_same_customer, ask_second_factor
from app.web.respond import is_htmx, page_of_htmx
from app.web.session_cookie import portal_session

PAPERS_ALONE = marked(
    "This link opens invoices, statements and their files. Ask whoever gave it to you for anything else."
)
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
View = TypeVar("View", bound=Callable[..., object])
Keeps = Callable[[str, str], str]  # of a field by its name and value


def public(view: View) -> View:
    """Open the view to everybody. A change still needs our own form.

    In a blueprint that is exempt from form tokens the view is for programs: it proves its caller itself.
    """
    view.__dict__["is_public"] = True
    return view


def managers_only(view: View) -> View:
    """Close the view to members who may only look."""
    view.__dict__["is_for_managers"] = True
    return view


def papers_too(view: View) -> View:
    """Open the view to whoever holds a read-only link, too: it shows invoices, statements or files of them."""
    view.__dict__["is_for_links"] = True
    return view


def own_sign_in_only(view: View) -> View:
    """Close the view to sessions that a host product began: it is about the person, whom the portal has not asked."""
    view.__dict__["is_for_own_sign_in"] = True
    return view


def takes_file(most: int) -> Callable[[View], View]:
    """Let a member's form carry a file: its body may have `most` bytes, more than others may."""
    return _marked("longest_body", most)


@dataclass(frozen=True)
class Sensitive:
    """What a view does that the password is asked for again, as "Enter your password to …" goes on."""

    purpose: str | Callable[..., str]
    back: str
    """The endpoint of the page that the member is on, and returns to without the password."""
    when: Callable[[], bool] = lambda: True
    """Whether this request does it."""
    keeps: Keeps | None = None

    def named(self, values: Mapping[str, object]) -> str:
        """Return the purpose in words; `values` are the arguments of the view."""
        return _(self.purpose) if isinstance(self.purpose, str) else self.purpose(**values)


def _marked(name: str, value: object) -> Callable[[View], View]:
    def mark(view: View) -> View:
        view.__dict__[name] = value
        return view

    return mark


def comes_back(page: str, *names: str) -> Callable[[View], View]:
    """Keep what was chosen when the session has ended: after the sign-in `page` opens with the fields `names`."""
    return _marked("comes_back", (page, names))


def proven_by(check: Callable[[], None]) -> Callable[[View], View]:
    """Let the form of this view be proven by `check`, which refuses, and not by the session's token: it needs none."""
    return _marked("proof", check)


def offered_only(offered: Callable[[], object]) -> Callable[[View], View]:
    """Close the view where the seller does not offer it: `offered` refuses, before a password is asked for."""
    return _marked("is_offered", offered)


def fresh_only(
    purpose: str | Callable[..., str], *, back: str, when: Callable[[], bool] = lambda: True, keeps: Keeps | None = None
) -> Callable[[View], View]:
    """Close the view to sessions whose member gave the password too long ago: it is asked for first.

    A purpose that names a thing is a function of the view's arguments. It reads the customer's own rows, and refuses
    what is not there as the view does. `when` says of a request whether it does the sensitive thing at all. What a form
    sent, or `keeps` makes of each field, is kept until the password fits. htmx swaps `outerHTML` for the question.
    """
    return _marked("is_sensitive", Sensitive(purpose, back, when, keeps))


def current_actor() -> Actor:
    """Return the member who acts."""
    actor = actor_or_none()
    ensure(actor, "nobody is signed in on an open page")
    return actor  # type: ignore[return-value]  # ensured above


def from_address() -> str:
    """Return the network address that the request came from, for the audit trail; empty where it is not known."""
    return request.remote_addr or ""


def actor_or_none() -> Actor | None:
    """Return the member who acts, or None on a public page that a stranger opened."""
    actor: Actor | None = current_user.actor
    return actor


def current_customer() -> Customer:
    """Return the customer that the member acts for, as it stood when the request began."""
    customer: Customer = current_user.customer
    ensure(customer, "nobody is signed in on an open page")
    return customer


def current_catalog() -> Catalog:
    """Return the catalog that the customer buys from. One small query a request."""
    if "catalog" not in g:
        g.catalog = versions.of(current_customer())
    catalog: Catalog = g.catalog
    return catalog


def current_taxation() -> Taxation:
    """Return how the customer's purchases of credit are taxed today, as it is now. One small query at most."""
    customer = current_customer()
    return decision.taxation(db.session(), customer.customer_id, current_catalog(), clock.now().date())


def current_unit(name: str = "") -> CreditUnit:
    """Return what the customer's credit is counted in, or `name` with the label that the catalog has for it."""
    if not name and "credit_unit" in g:  # a page writes dozens of figures
        known: CreditUnit = g.credit_unit
        return known
    own, name = not name, name or current_customer().credit_unit
    unit = CreditUnit(name, "" if is_currency(name) else current_catalog().credit_unit_label)
    if own:
        g.credit_unit = unit
    return unit


def safe_next(text: str) -> str:
    """Return `text` if it is a path of this portal, else the front page; in path mode below its token."""
    return path_mode.with_root(own_path(text))


def init_app(app: Flask) -> None:
    """Guard every view of the app."""
    app.before_request(_guard)


def _guard() -> Response | None:
    if request.endpoint is None or request.endpoint == "static":
        return None
    view = current_app.view_functions[request.endpoint]
    marks = getattr(view, "__dict__", {})
    if marks.get("is_public") and _is_for_programs():
        return None
    _refuse_unprintable()
    if request.method not in SAFE:
        _check_origin()
    actor = actor_or_none()
    if actor is None and not marks.get("is_public"):
        answer: Response | None = login.unauthorized()
        return answer
    if (over := frame.guard()) is not None:
        return over
    if actor is not None and (onward := ask_same_customer(actor)) is not None:
        return onward
    if actor is not None and "longest_body" in marks:  # before anybody reads the form
        request.max_content_length = marks["longest_body"]
    marks.get("proof", csrf.protect)()
    return _open(actor, marks) if actor is not None else None


def _open(actor: Actor, marks: dict[str, Any]) -> Response | None:
    """Let the member in as far as the marks of the view say."""
    enter(CustomerScope(actor.customer_id))
    g.time_zone, g.theme = actor.time_zone, actor.theme
    languages.choose(frame.language(), actor.language)
    if actor.is_link and not (marks.get("is_for_links") or marks.get("is_public")):
        raise Forbidden(_(PAPERS_ALONE))
    if not marks.get("is_public") and (onward := ask_second_factor(actor)) is not None:
        return onward
    if marks.get("is_for_own_sign_in") and portal_session().embedded:
        raise Forbidden(_("Sign in at the portal itself to see and change what is yours alone."))
    if marks.get("is_for_managers") and not actor.may_manage:
        raise Forbidden
    if "is_offered" in marks:
        marks["is_offered"]()
    if "is_sensitive" in marks and not login_fresh() and marks["is_sensitive"].when():
        asked: Response | None = login.needs_refresh()
        return asked  # None: the password came with the form, and fits
    return None


def _is_for_programs() -> bool:
    # Flask-WTF keeps the blueprints by object and offers no question about them.
    return current_app.blueprints.get(request.blueprint or "") in csrf._exempt_blueprints  # noqa: SLF001


def _refuse_unprintable() -> None:
    """Refuse NUL in addresses: no text of ours has it, and PostgreSQL cannot take it."""
    if any("\0" in str(value) for value in (request.view_args or {}).values()):
        abort(404)
    if any("\0" in value for _name, value in request.args.items(multi=True)):
        abort(400)


def _check_origin() -> None:
    """Refuse a change that another site's page sent (beside the form token)."""
    if path_mode.is_on() and request.headers.get("Origin") == "null":
        return  # a sandboxed frame: nobody else knows its address, and the form token is asked for too
    site, origin = request.headers.get("Sec-Fetch-Site", "same-origin"), request.headers.get("Origin")
    if site not in {"same-origin", "none"} or origin not in {None, path_mode.own_origin(), settings().base_url}:
        raise Forbidden(_("This request did not come from a page of the portal."))


@login.unauthorized_handler  # type: ignore[untyped-decorator]  # Flask-Login has no types
def _to_sign_in() -> Response:
    """Lead to the sign-in, and from there back to the page that the member was on, with the amount typed there."""
    if frame.comes_from_frame():
        return frame.ended()
    where = _sign_in_url(_choice() or _page())
    if is_htmx():
        answer = Response(status=401)
        answer.headers["HX-Redirect"] = where
        return answer
    return make_response(redirect(where, code=303))


def _page() -> str:
    """Return the path of the page that asks."""
    if is_htmx():
        return path_mode.without_root(page_of_htmx())
    if request.method in SAFE:
        return request.full_path.rstrip("?")
    try:
        sender = urlsplit(request.referrer or "")
    except ValueError:
        return ""
    if f"{sender.scheme}://{sender.netloc}" in {path_mode.own_origin(), settings().base_url}:
        return sender.path + (f"?{sender.query}" if sender.query else "")
    return request.path if not request.referrer and _opens(request.path) else ""


def _opens(path: str) -> bool:
    """Say whether the address of a form is that of a page as well."""
    try:
        return bool(current_app.url_map.bind("").match(path, method="GET"))
    except HTTPException:
        return False


def _choice() -> str:
    """Return the address of the page with what was chosen on it, where the view says which page takes it."""
    view = current_app.view_functions[request.endpoint or ""]
    page, names = getattr(view, "__dict__", {}).get("comes_back", ("", ()))
    given = {name: value[:100] for name in names if (value := request.values.get(name, ""))}
    return f"{url_for(page)}?{urlencode(given)}" if given else ""


def _sign_in_url(wanted: str) -> str:
    path = url_for("sign_in.page")
    target = safe_next(wanted)
    asked = {} if target == "/" or target.startswith(path) else {"next": target}
    if portal_session().has_ended or request.method not in SAFE:  # a form of ours is sent by who was signed in
        asked["ended"] = "1"
    return f"{path}?{urlencode(asked)}" if asked else path
