"""How the sandbox refuses: Stripe's error object and status, as an exception inside the sandbox."""

from app.gateways.sandbox.store import Body, Store


class Refusal(Exception):
    """A request is answered with an error. `executed` errors are replayed for their key, the others are not."""

    def __init__(
        self,
        status: int,
        message: str,
        *,
        kind: str = "invalid_request_error",
        executed: bool = True,
        **details: object,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.executed = executed
        self.error: Body = {"type": kind, "message": message, **{key: value for key, value in details.items() if value}}


def wrong_parameter(message: str, param: str, code: str = "") -> Refusal:
    """Refuse a request before it is executed."""
    return Refusal(400, message, param=param, code=code, executed=False)


def no_such(what: str, object_id: str, param: str = "intent") -> Refusal:
    """Refuse an id that is not known."""
    status = 404 if param in {"intent", "id"} else 400
    return Refusal(status, f"No such {what}: '{object_id}'", code="resource_missing", param=param)


def existing(store: Store, kind: str, object_id: str, param: str = "intent", *, called: str = "") -> Body:
    """Return the object, locked, or refuse an id that is not known; `called` where the refusal says another kind."""
    found = store.find(kind, object_id)
    if found is None:
        raise no_such(called or kind, object_id, param)
    return found


def declined(code: str, decline_code: str, message: str, intent: Body, method: Body, charge: str) -> Refusal:
    """Refuse a charge as the bank did."""
    return Refusal(
        402,
        message,
        kind="card_error",
        code=code,
        decline_code=decline_code,
        charge=charge,
        payment_intent=intent,
        payment_method=method,
    )
