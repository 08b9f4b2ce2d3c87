"""Saving methods at Stripe: setup intents, the mandates of debits, what is saved, and Stripe's own portal."""

from collections.abc import Callable

import stripe
from stripe import StripeClient

from app.domain.methods import Acceptance, ProcessorMandate, Rail, Setup, SetupAnswer, SetupOrder, SetupStatus
from app.domain.payments import Misused, SavedMethod, Unknown
from app.gateways.stripe.answers import (
    CUSTOMER_KEY,
    SETUP_KEY,
    action_url_of,
    asked,
    asked_for_nothing_charged,
    decline_code_of,
    is_unexpected_state,
    metadata_of,
    method_of,
    misused,
)
from app.gateways.test_methods import BY_DATA, SAVED

_EXPAND = ["payment_method", "mandate"]
_RANKS = {status: rank for rank, status in enumerate((
    SetupStatus.SUCCEEDED, SetupStatus.PROCESSING, SetupStatus.REQUIRES_ACTION, SetupStatus.REQUIRES_CONFIRMATION,
    SetupStatus.REQUIRES_PAYMENT_METHOD, SetupStatus.CANCELED,
))}  # fmt: skip


class StripeSetups:
    """The part of the gateway that saves methods."""

    _client: StripeClient
    _live: bool

    def begin_setup(self, order: SetupOrder, *, key: str) -> Setup | Unknown | Misused:
        """Create the setup intent, unconfirmed, for charges that nobody is there to confirm."""
        parameters: stripe.params.SetupIntentCreateParams = {
            "customer": order.processor_customer,
            "usage": "off_session",
            "allowed_payment_method_types": [kind.value for kind in order.kinds],
            "metadata": {SETUP_KEY: order.setup_id, CUSTOMER_KEY: order.customer_id},
        }
        return asked_for_nothing_charged(
            lambda: setup_of(self._client.v1.setup_intents.create(parameters, {"idempotency_key": key}))
        )

    def confirm_setup(
        self, setup_id: str, *, method: str, return_url: str, acceptance: Acceptance | None, key: str
    ) -> SetupAnswer:
        """Save a named test method. When the setup is somewhere else already, the answer is the setup as it stands."""
        if self._live or method not in SAVED:
            return misused(f"{method!r} is not a test method here", "not_a_test_method")
        parameters: stripe.params.SetupIntentConfirmParams = {"return_url": return_url, "expand": _EXPAND}
        rail = SAVED[method].rail
        if rail in BY_DATA:
            parameters["payment_method_data"] = {"type": rail.value}
        else:
            parameters["payment_method"] = method
        if acceptance is not None and rail is not Rail.CARD:
            parameters["mandate_data"] = {
                "customer_acceptance": {
                    "type": "online",
                    "accepted_at": int(acceptance.accepted_at.timestamp()),
                    "online": {"ip_address": acceptance.address, "user_agent": acceptance.user_agent},
                }
            }
        return self._unless_over(
            setup_id, lambda: self._client.v1.setup_intents.confirm(setup_id, parameters, {"idempotency_key": key})
        )

    def fetch_setup(self, setup_id: str) -> SetupAnswer:
        """Return the setup intent as it stands now."""
        return asked(lambda: setup_of(self._client.v1.setup_intents.retrieve(setup_id, {"expand": _EXPAND})))

    def cancel_setup(self, setup_id: str, *, key: str) -> SetupAnswer:
        """Give the setup up, or return it as it stands when it is over already."""
        parameters: stripe.params.SetupIntentCancelParams = {"cancellation_reason": "abandoned", "expand": _EXPAND}
        return self._unless_over(
            setup_id, lambda: self._client.v1.setup_intents.cancel(setup_id, parameters, {"idempotency_key": key})
        )

    def fetch_method(self, method: str) -> SavedMethod | Unknown | Misused | None:
        """Return a saved method as it stands now; None when it belongs to no customer any more."""

        def found() -> SavedMethod | None:
            now = self._client.v1.payment_methods.retrieve(method)
            return method_of(now) if now.customer else None

        return asked_for_nothing_charged(found)

    def list_methods(self, processor_customer: str) -> list[SavedMethod] | Unknown | Misused:
        """Return everything that is saved for the customer."""

        def listed() -> list[SavedMethod]:
            page = self._client.v1.payment_methods.list({"customer": processor_customer, "limit": 100})
            return [method_of(each) for each in page.auto_paging_iter()]

        return asked_for_nothing_charged(listed)

    def portal_url(self, *, processor_customer: str, return_url: str, key: str) -> str | Unknown | Misused:
        """Return the address of Stripe's customer portal for one visit."""
        parameters: stripe.params.billing_portal.SessionCreateParams = {
            "customer": processor_customer,
            "return_url": return_url,
        }
        return asked_for_nothing_charged(
            lambda: self._client.v1.billing_portal.sessions.create(parameters, {"idempotency_key": key}).url
        )

    def detach_method(self, method: str, *, key: str) -> Unknown | Misused | None:
        """Remove a saved method. One that is gone already counts as removed."""

        def detach() -> None:
            try:
                self._client.v1.payment_methods.detach(method, {}, {"idempotency_key": key})
            except stripe.InvalidRequestError:
                if not self._is_loose(method):
                    raise

        return asked_for_nothing_charged(detach)

    def _unless_over(self, setup_id: str, call: "Callable[[], stripe.SetupIntent]") -> SetupAnswer:
        """Make the call; when the setup is somewhere else already, the answer is the setup as it stands."""

        def made() -> SetupAnswer:
            try:
                return setup_of(call())
            except stripe.InvalidRequestError as error:
                if not is_unexpected_state(error):
                    raise
                return self.fetch_setup(setup_id)

        return asked(made)

    def _is_loose(self, method: str) -> bool:
        try:
            return self._client.v1.payment_methods.retrieve(method).customer is None
        except stripe.StripeError:
            return False


def setup_of(found: "stripe.SetupIntent") -> Setup | Unknown:
    """Return the setup intent in our words; one that we cannot read is for a person to look at."""
    try:
        status = SetupStatus(found.status)
    except ValueError:
        return Unknown(f"{found.id} has the unknown status {found.status}")
    done, method = status is SetupStatus.SUCCEEDED, found.payment_method
    if done and not isinstance(method, stripe.PaymentMethod):
        return Unknown(f"{found.id} succeeded and does not say with what")
    return Setup(
        id=found.id,
        status=status,
        setup_id=metadata_of(found, SETUP_KEY),
        customer_id=metadata_of(found, CUSTOMER_KEY),
        method=method_of(method) if done and isinstance(method, stripe.PaymentMethod) else None,
        action_url=action_url_of(found.next_action),
        decline_code=decline_code_of(found.last_setup_error),
        mandate=_mandate_of(found.mandate) if done else None,
        client_secret=found.client_secret or "",
    )


def _mandate_of(mandate: "stripe.Mandate | str | None") -> ProcessorMandate | None:
    """Return the mandate with the reference that the debtor's bank shows; a wallet's has none."""
    if mandate is None or isinstance(mandate, str):
        return ProcessorMandate(mandate, "") if mandate else None
    debit = getattr(mandate.payment_method_details, "sepa_debit", None)
    return ProcessorMandate(mandate.id, debit.reference if debit else "")
