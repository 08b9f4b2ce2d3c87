"""The processor's own pages at the sandbox: a checkout to pay at with a new method, and the portal of what is saved."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from app import clock
from app.domain.money import Money
from app.domain.processor_amounts import from_processor_minor
from app.gateways.sandbox import currencies, payment_intents
from app.gateways.sandbox.errors import Refusal, existing, wrong_parameter
from app.gateways.sandbox.methods import customer_of, detach, give, known, made
from app.gateways.sandbox.parameters import Params
from app.gateways.sandbox.store import Body, Store, hidden, new_id, record_event
from app.gateways.test_methods import SAVED

KIND = "checkout.session"
PORTAL_LIFETIME = timedelta(hours=1)


@dataclass(frozen=True)
class Till:
    """What the page shows."""

    amount: Money
    description: str
    is_open: bool
    return_url: str
    ways: list[tuple[str, str]]
    """The named test methods that may pay, and what they are called."""
    problem: str
    """Why the last try came to nothing."""


def create(store: Store, params: Params, *, base_url: str) -> Body:
    """Make a session that is open."""
    (line,) = params.get("line_items") or [{}]
    price = line.get("price_data") or {}
    if params.get("mode") != "payment" or not price:
        raise wrong_parameter("The sandbox sells one thing at a price of its own, in mode payment.", "mode")
    currencies.check_charge(price["unit_amount"], price["currency"])
    if not params.get("success_url"):
        raise wrong_parameter("Missing required param: success_url.", "success_url", "parameter_missing")
    customer_of(store, params.get("customer", ""), "customer")
    session_id, now = new_id("cs"), int(clock.now().timestamp())
    session: Body = {
        "id": session_id,
        "object": KIND,
        "amount_total": price["unit_amount"],
        "cancel_url": params.get("cancel_url"),
        "created": now,
        "currency": price["currency"],
        "customer": params["customer"],
        "expires_at": params.get("expires_at", now + 24 * 3600),
        "livemode": False,
        "metadata": params.get("metadata", {}),
        "mode": "payment",
        "payment_intent": None,
        "payment_status": "unpaid",
        "status": "open",
        "success_url": params["success_url"],
        "url": f"{base_url}/sandbox/checkout/{session_id}",
    }
    hidden(session).update(
        intent=params.get("payment_intent_data") or {}, kinds=params.get("allowed_payment_method_types") or ["card"]
    )
    store.add(session, owner=params["customer"])
    return session


def found(store: Store, session_id: str) -> Body:
    """Return a session or refuse the id; one whose time is over has expired."""
    session = existing(store, KIND, session_id, "session")
    if session["status"] == "open" and datetime.fromtimestamp(session["expires_at"], UTC) <= clock.now():
        return _expired(store, session)
    return session


def expire(store: Store, session_id: str) -> Body:
    """Let nobody pay there any more."""
    session = found(store, session_id)
    if session["status"] != "open":
        words = 'Only Checkout Sessions with a status in ["open"] can be expired. This Checkout Session has a status of'
        raise Refusal(400, f"{words} `{session['status']}`.")
    return _expired(store, session)


def till(store: Store, session_id: str) -> Till | None:
    """Return what the page shows; None: there is no such session."""
    if store.find(KIND, session_id) is None:
        return None
    session = found(store, session_id)
    secret = hidden(session)
    return Till(
        from_processor_minor(session["amount_total"], session["currency"]),
        secret["intent"].get("description", ""),
        session["status"] == "open",
        session["success_url"],
        [(name, looks.label) for name, looks in SAVED.items() if looks.rail.value in secret["kinds"]],
        secret.get("problem", ""),
    )


def pay(store: Store, session_id: str, method: str, *, base_url: str) -> str | None:
    """Pay with a named test method, as the customer does on the page; return where they go on, or None: nowhere yet.

    A decline leaves the session open, for another try.
    """
    session = found(store, session_id)
    if session["status"] != "open":
        return str(session["success_url"])
    secret = hidden(session)
    intent = _intent(store, session)
    customer = store.find("customer", session["customer"])
    new = made(store, method, customer)
    if secret["intent"].get("setup_future_usage"):
        give(store, new, session["customer"])
    try:
        asked = payment_intents.confirm(
            store,
            intent["id"],
            {"payment_method": new["id"], "return_url": session["success_url"]},
            base_url=base_url,
            key="",
            twist="",
        )
    except Refusal as refusal:
        secret["problem"] = refusal.error["message"]
        store.keep(session)
        return None
    session.update(payment_intent=intent["id"])
    if asked["status"] == "requires_action":  # the bank asks: what it takes is taken by the session
        store.keep(session)
        return str(asked["next_action"]["redirect_to_url"]["url"])
    complete(store, session, asked)
    return str(session["success_url"])


def complete(store: Store, session: Body, intent: Body) -> None:
    """Note that the session is paid, or that the money is on its way."""
    session.update(status="complete", payment_status="paid" if intent["status"] == "succeeded" else "unpaid", url=None)
    store.keep(session)
    record_event(store, "checkout.session.completed", session)


def look_again(store: Store, intent: Body) -> None:
    """Complete the session of an intent whose bank was answered with yes."""
    session_id = hidden(intent).get("checkout")
    session = store.find(KIND, session_id) if session_id else None
    if session is not None and session["status"] == "open" and intent["status"] in {"succeeded", "processing"}:
        complete(store, session, intent)


def _intent(store: Store, session: Body) -> Body:
    """Return the session's intent: the one that a try before has made, or a new one."""
    known = hidden(session).get("intent_id")
    if known:
        return payment_intents.found(store, known)
    data = hidden(session)["intent"]
    intent = payment_intents.create(
        store,
        {
            "amount": session["amount_total"],
            "currency": session["currency"],
            "customer": session["customer"],
            "description": data.get("description"),
            "metadata": data.get("metadata", {}),
        },
    )
    hidden(intent)["checkout"] = session["id"]
    store.keep(intent)
    hidden(session)["intent_id"] = intent["id"]
    return intent


def _expired(store: Store, session: Body) -> Body:
    session.update(status="expired", url=None)
    store.keep(session)
    intent_id = hidden(session).get("intent_id")
    if intent_id:
        payment_intents.cancel(store, intent_id, {}, key="")
    record_event(store, "checkout.session.expired", session)
    return session


@dataclass(frozen=True)
class Visit:
    """What the portal shows."""

    name: str
    methods: list[tuple[str, str]]
    """The id of each saved method, and what it is called."""
    return_url: str


def create_portal(store: Store, params: Params, *, base_url: str) -> Body:
    """Make a session of the processor's own customer portal: an address for one customer, good for an hour."""
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
    session = _open_portal(store, session_id)
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
    session = _open_portal(store, session_id)
    method = store.find("payment_method", method_id)
    if session is None or method is None or method["customer"] != session["customer"]:
        return False
    detach(store, method_id)
    return True


def _open_portal(store: Store, session_id: str) -> Body | None:
    session = store.find("billing_portal.session", session_id)
    if session is None or datetime.fromtimestamp(session["created"], UTC) + PORTAL_LIFETIME < clock.now():
        return None
    return session
