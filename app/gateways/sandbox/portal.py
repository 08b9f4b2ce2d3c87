"""Sessions of the processor's own customer portal at the sandbox: an address for one customer, good for an hour."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from app import clock
from app.gateways.sandbox.errors import wrong_parameter
from app.gateways.sandbox.methods import customer_of, detach, known
from app.gateways.sandbox.parameters import Params
from app.gateways.sandbox.store import Body, Store, new_id

LIFETIME = timedelta(hours=1)


@dataclass(frozen=True)
class Visit:
    """What the portal shows."""

    name: str
    methods: list[tuple[str, str]]
    """The id of each saved method, and what it is called."""
    return_url: str


def create(store: Store, params: Params, *, base_url: str) -> Body:
    """Make a session."""
    owner = params.get("customer", "")
    if not owner:
        raise wrong_parameter("Missing required param: customer.", "customer", "parameter_missing")
    customer_of(store, owner, "customer")
    session_id = new_id("bps")
    session: Body = {
        "id": session_id,
        "object": "billing_portal.session",
        "configuration": "bpc_sandbox",
        "created": int(clock.now().timestamp()),
        "customer": owner,
        "flow": None,
        "livemode": False,
        "locale": None,
        "on_behalf_of": None,
        "return_url": params.get("return_url"),
        "url": f"{base_url}/sandbox/portal/{session_id}",
    }
    store.add(session, owner=owner)
    return session


def visit(store: Store, session_id: str) -> Visit | None:
    """Return what is shown under the session's address; None: there is no such session, or none any more."""
    session = _open(store, session_id)
    if session is None:
        return None
    owner = customer_of(store, session["customer"], "customer")
    saved = store.newest("payment_method", owner=session["customer"])
    return Visit(
        owner["name"] or "",
        [(method["id"], known(method).label.split(":")[0]) for method in saved],
        session["return_url"] or "",
    )


def remove(store: Store, session_id: str, method_id: str) -> bool:
    """Detach a method of the session's customer; say whether there was one."""
    session = _open(store, session_id)
    method = store.find("payment_method", method_id)
    if session is None or method is None or method["customer"] != session["customer"]:
        return False
    detach(store, method_id)
    return True


def _open(store: Store, session_id: str) -> Body | None:
    session = store.find("billing_portal.session", session_id)
    if session is None or datetime.fromtimestamp(session["created"], UTC) + LIFETIME < clock.now():
        return None
    return session
