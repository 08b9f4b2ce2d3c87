"""Authorizations: may this customer spend now? Held until it is captured or released, or its time is over."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager

from pydantic import ConfigDict, Field, model_validator

from app import clock
from app.api.contract.idempotency import key_of
from app.api.contract.operations import (
    CreditsAboveZero,
    CreditsFromZero,
    CreditsText,
    Model,
    Moment,
    caller,
    operation,
    presented,
    request_key,
    resource,
)
from app.api.contract.problems import RetryLater
from app.domain.authorizations import LONGEST, USUAL, AuthorizationRequest, Authorized
from app.domain.money import Credits
from app.domain.rating import LARGEST
from app.services.access.api_keys import Presented
from app.services.authorizations import holds
from app.services.authorizations.judged import Judged
from app.services.authorizations.refusals import SCOPE, NoRoom, Unavailable

bp = resource("authorizations")


class AuthorizationIn(Model):
    """What is asked for: a quantity of a meter, or credits."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"customer": "org-17", "meter": "requests", "quantity": 500, "ttl_seconds": 60}]
        }
    )

    customer: str = Field(min_length=1, max_length=200, description="Our id of the customer, or your `external_id`.")
    meter: str | None = Field(None, min_length=1, max_length=60, description="A meter that counts or sums.")
    quantity: int | None = Field(None, ge=1, le=LARGEST, description="How many units of the meter.")
    credits: CreditsAboveZero | None = Field(None, description="Credits, where no meter is named.")
    ttl_seconds: int = Field(USUAL, ge=1, le=LONGEST, description="How long the hold stays open.")
    capture: bool = Field(default=False, description="Capture at once; there is nothing to capture afterwards.")

    @model_validator(mode="after")
    def one_request(self) -> "AuthorizationIn":
        """Take either a meter with its quantity, or credits."""
        if (self.meter is None) != (self.quantity is None) or (self.meter is None) == (self.credits is None):
            raise ValueError("Send meter and quantity, or credits.")
        return self


class AuthorizationOut(Model):
    """The answer, always with status 200 when it could be judged: `allowed` is what counts."""

    allowed: bool
    authorization: str = Field(description="Its id. A refusal has one too and is kept with its reason.")
    credits: CreditsFromZero = Field(
        description="What it takes of what is available. Used at once: what it costs; held: what it adds to all that "
        "is held, nothing while the allowance has room for everything; refused: what it would have taken."
    )
    available_to_use: CreditsFromZero = Field(description="The credit that can still be used after this answer.")
    reason: str | None = Field(
        description="`insufficient_credits`, `daily_limit`, `plan_limit`, `suspended` or `closed`; null when allowed."
    )
    retry_after: int | None = Field(
        description="Seconds until the day ends, where waiting helps. Then ask with a new key."
    )
    state: str = Field(description="`held`, `captured` or `refused`; later also `released` or `expired`.")
    expires_at: Moment


class CaptureIn(Model):
    """What was really used: a quantity for a meter, credits without one; neither: all that is left of the hold."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"quantity": 412}]})

    quantity: int | None = Field(None, ge=1, le=LARGEST)
    credits: CreditsAboveZero | None = None
    keep: bool = Field(default=False, description="Keep the rest on hold, to be captured later.")


class DecisionOut(Model):
    """What a refusal was decided from, as it was at that time. It never changes."""

    balance: CreditsText = Field(
        description="Less all usage by then; below zero: so much of `overage_protection` was used."
    )
    overage_protection: CreditsFromZero = Field(description="With what was left of `pay_later` then.")
    held: CreditsFromZero = Field(description="What all open authorizations could still cost.")
    available_to_use: CreditsFromZero
    daily_limit: CreditsFromZero | None
    daily_used: CreditsFromZero | None = Field(description="What was used that UTC day; null where no limit was set.")
    plan: str | None = Field(description="Its key; null: the catalog's default.")
    plan_limit: int | None = Field(
        description="What the plan allowed of the meter in a billing period; null: no limit."
    )
    used: int | None = Field(description="How much of the meter was used in the billing period.")
    quantity_held: int | None = Field(description="How much of the meter was held.")
    catalog: str
    catalog_version: int = Field(description="The version of the prices.")


class HoldOut(Model):
    """An authorization as it stands now."""

    authorization: str
    customer: str
    state: str = Field(description="`held`, `captured`, `released`, `expired` or `refused`.")
    meter: str | None
    quantity: int | None
    credits: CreditsFromZero = Field(description="The credits that were requested; of a meter, what it took then.")
    captured: CreditsFromZero
    captured_quantity: int | None
    reason: str | None
    decision: DecisionOut | None = Field(
        None, description="What a refusal was decided from; null: not refused, or refused before it was kept."
    )
    created_at: Moment
    expires_at: Moment


class CapturedOut(HoldOut):
    """What a capture took, and how the authorization stands after it."""

    credits_used: CreditsFromZero = Field(description="The credits that this capture used.")
    available_to_use: CreditsFromZero


@operation(
    bp,
    "POST",
    "/authorizations",
    scope=SCOPE,
    body=AuthorizationIn,
    answers={200: AuthorizationOut},
    refusals=(404, 409),
    tag="Authorizations",
    idempotent=False,
    proves_caller=False,
)
def authorize(body: AuthorizationIn) -> AuthorizationOut:
    """Ask whether a customer may spend.

    What is allowed is held, so that no other call can spend it: the limits hold whatever happens at the same time. Sent
    again with the same Idempotency-Key it is answered as it was, and held once; `state` says what became of it since.
    Ask with a new key after a refusal, and once what was held is over. When it cannot be judged (503) the answer is no.
    """
    return authorized(body, key_of(), presented())


def authorized(body: AuthorizationIn, key: str | None, proof: Presented) -> AuthorizationOut:
    """Ask for whoever presents the key; `key` is the Idempotency-Key."""
    request = AuthorizationRequest(
        customer=body.customer,
        meter=body.meter or "",
        quantity=body.quantity or 0,
        micros=body.credits.micros if body.credits is not None else 0,
        key=_own_key(key, proof),
        ttl_seconds=body.ttl_seconds,
        at_once=body.capture,
    )
    with retryable():
        made = holds.authorize(request, proof)
    return AuthorizationOut(
        allowed=made.allowed,
        authorization=made.id,
        credits=Credits(made.micros),
        available_to_use=Credits(made.available_after_micros),
        reason=made.reason or None,
        retry_after=made.seconds_left(clock.now()),
        state=_state(made),
        expires_at=made.expires_at,
    )


@operation(
    bp,
    "POST",
    "/authorizations/<authorization_id>/capture",
    scope=SCOPE,
    body=CaptureIn,
    answers={200: CapturedOut},
    refusals=(402, 409),
    tag="Authorizations",
    proves_caller=False,
)
def capture(authorization_id: str, body: CaptureIn) -> CapturedOut:
    """Use what was held, and give the rest back.

    More than was held is taken only where more is available; else it is refused (402, 409), stays held, and may be sent
    again with the same key once there is room. With `keep`
    a hold is used bit by bit: send an Idempotency-Key with each, so that none counts twice.
    """
    return captured(authorization_id, body, (request_key() or "") if key_of() else "", presented())


def captured(authorization_id: str, body: CaptureIn, key: str, proof: Presented) -> CapturedOut:
    """Capture for whoever presents the API key; `key` makes it one fact of theirs."""
    with retryable():
        taken = holds.capture(
            authorization_id, quantity=body.quantity, credits=body.credits, keep=body.keep, key=key, proof=proof
        )
    shown = dict(_shown(taken.hold))
    return CapturedOut(**shown, credits_used=Credits(taken.micros), available_to_use=Credits(taken.available))


@operation(
    bp,
    "POST",
    "/authorizations/<authorization_id>/release",
    scope=SCOPE,
    answers={200: HoldOut},
    refusals=(409,),
    tag="Authorizations",
    proves_caller=False,
)
def release(authorization_id: str) -> HoldOut:
    """Hold it no longer. Twice is once."""
    return released(authorization_id, presented())


def released(authorization_id: str, proof: Presented) -> HoldOut:
    """Release for whoever presents the API key."""
    with retryable():
        return _shown(holds.release(authorization_id, proof=proof))


@operation(
    bp,
    "GET",
    "/authorizations/<authorization_id>",
    scope=SCOPE,
    answers={200: HoldOut},
    tag="Authorizations",
)
def read(authorization_id: str) -> HoldOut:
    """Look at an authorization: how it stands, or why it was refused and what that was decided from."""
    found, known = holds.explained(authorization_id, caller().customer_id)
    return _shown(found, known)


@contextmanager
def retryable() -> Iterator[None]:
    """Say when it may be tried again, where time helps. What found no room took nothing and uses up no key."""
    try:
        yield
    except Unavailable as refusal:
        raise RetryLater(refusal.sentence, refusal.reason, refusal.status, 1) from refusal
    except NoRoom as refusal:
        raise RetryLater(refusal.sentence, refusal.reason, refusal.status, refusal.retry_after) from refusal


def _shown(made: Authorized, known: Judged | None = None) -> HoldOut:
    return HoldOut(
        authorization=made.id,
        customer=made.customer_id,
        state=_state(made),
        meter=made.meter or None,
        quantity=made.quantity if made.meter else None,
        credits=Credits(made.micros),
        captured=Credits(made.captured_micros),
        captured_quantity=made.captured_quantity if made.meter else None,
        reason=made.reason or None,
        decision=_decision(made, known) if known else None,
        created_at=made.created_at,
        expires_at=made.expires_at,
    )


def _decision(made: Authorized, known: Judged) -> DecisionOut:
    return DecisionOut(
        balance=known.balance,
        overage_protection=known.overage,
        held=known.held,
        available_to_use=Credits(made.available_after_micros),
        daily_limit=known.daily_limit,
        daily_used=known.daily_used,
        plan=known.plan or None,
        plan_limit=known.plan_limit,
        used=known.used,
        quantity_held=known.units_held,
        catalog=known.catalog,
        catalog_version=known.version,
    )


def _state(made: Authorized) -> str:
    return "expired" if made.state == "held" and made.expires_at <= clock.now() else made.state


def _own_key(key: str | None, proof: Presented) -> str:
    """Return an Idempotency-Key as one that no other API key's can meet; empty: none was sent."""
    return hashlib.sha256(f"{proof.key_id}:{key}".encode()).hexdigest() if key is not None else ""
