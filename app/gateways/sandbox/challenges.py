"""What the sandbox asks a customer on pages of its own: the bank's question, and the wallets' “do you pay?”."""

from dataclasses import dataclass
from urllib.parse import urlencode

from app.domain.methods import Rail
from app.domain.money import Money
from app.domain.processor_amounts import from_processor_minor
from app.gateways.sandbox import charges, hosted_pages, payment_intents, setup_intents
from app.gateways.sandbox.methods import method_of
from app.gateways.sandbox.store import Body, Store, hidden


@dataclass(frozen=True)
class Challenge:
    """One question to a customer, about a payment or about saving a method."""

    object_id: str
    rail: Rail
    """Who asks: the bank of a card, PayPal, or the cryptocurrency's wallet."""
    amount: Money | None
    """What is paid; None: nothing, a method is saved."""
    description: str
    open: bool
    return_url: str
    """Where the customer goes on, with the answer in the query."""


def asked(store: Store, object_id: str) -> Challenge | None:
    """Return the question about an intent or a setup, or None when there never was one."""
    found = _found(store, object_id)
    if found is None:
        return None
    body, return_url = found
    saves = body["object"] == "setup_intent"
    return Challenge(
        object_id=object_id,
        rail=Rail(hidden(body)["rail"]),
        amount=None if saves else from_processor_minor(body["amount"], body["currency"]),
        description=body["description"] or "",
        open=body["status"] == "requires_action",
        return_url=_back(return_url, body),
    )


def answer(store: Store, object_id: str, *, approved: bool, later: bool = False) -> str | None:
    """Answer the question, if it is still open; return where the customer goes on, or None: no such question.

    `later`: the wallet has sent the money, and it takes a while to arrive.
    """
    found = _found(store, object_id)
    if found is None:
        return None
    body, return_url = found
    if body["status"] == "requires_action":
        match body["object"], approved:
            case "setup_intent", True:
                setup_intents.succeed(store, body)
            case "setup_intent", False:
                setup_intents.refuse_identity(store, body)
            case _, True if later:
                method = method_of(store, body["payment_method"], "payment_method")
                charges.start(store, body, method, takes=charges.CRYPTO_TAKES)
            case _, True:
                charges.succeed(store, body)
            case _:
                payment_intents.refuse_identity(store, body)
        hosted_pages.look_again(store, body)
    return _back(return_url, body)


def _found(store: Store, object_id: str) -> tuple[Body, str] | None:
    """Return what is asked about and where the question leads back to: kept for a page that is loaded again."""
    body = store.any_of(object_id)
    if body is None or body["object"] not in {"payment_intent", "setup_intent"}:
        return None
    kept: str = hidden(body).get("return_url", "")
    return (body, kept) if kept else None


def _back(return_url: str, body: Body) -> str:
    name = body["object"]
    status = {"succeeded": "succeeded", "processing": "pending"}.get(body["status"], "failed")
    joint = "&" if "?" in return_url else "?"
    return return_url + joint + urlencode({name: body["id"], "redirect_status": status})
