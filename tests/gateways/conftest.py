"""A gateway on the sandbox, a customer at the processor, and orders."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from app import clock, ids
from app.config import Settings
from app.domain.addresses.profile import Profile
from app.domain.methods import Acceptance, Rail, Setup, SetupAnswer, SetupOrder
from app.domain.money import Money
from app.domain.payments import ChargeOrder, Intent, SavedMethod
from app.gateways import connect
from app.gateways.processor import PaymentGateway
from app.gateways.sandbox import controls

RETURN_URL = "http://localhost/billing/add-credits?from=bank"
NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


@pytest.fixture
def gateway(settings: Settings) -> PaymentGateway:
    return connect.to_processor(settings)


@pytest.fixture
def owner(gateway: PaymentGateway) -> str:
    made = gateway.create_customer(
        customer_id="cus_acme", profile=Profile("Acme", "billing@acme.example"), key="cus_acme:customer"
    )
    assert isinstance(made, str)
    return made


KINDS = (Rail.CARD, Rail.SEPA_DEBIT, Rail.PAYPAL)
ACCEPTED = Acceptance("192.0.2.7", "Mozilla/5.0", NOON)


def begun(gateway: PaymentGateway, owner: str, setup_id: str = "", kinds: tuple[Rail, ...] = KINDS) -> Setup:
    """Begin to save a method."""
    setup_id = setup_id or ids.new("set")
    made = gateway.begin_setup(SetupOrder(setup_id, "cus_acme", owner, kinds), key=f"{setup_id}:create")
    assert isinstance(made, Setup)
    return made


def confirmed(gateway: PaymentGateway, setup: Setup, name: str) -> SetupAnswer:
    """Save a named test method, with the mandate accepted that it may need."""
    return gateway.confirm_setup(
        setup.id, method=name, return_url=RETURN_URL, acceptance=ACCEPTED, key=f"{setup.setup_id}:confirm"
    )


def saved(gateway: PaymentGateway, settings: Settings, owner: str, name: str) -> SavedMethod:
    """Save a named test method; say yes to who asks."""
    setup = begun(gateway, owner)
    answer = confirmed(gateway, setup, name)
    if isinstance(answer, Setup) and answer.action_url:
        controls.answer_challenge(settings, setup.id, approved=True)
        answer = gateway.fetch_setup(setup.id)
    assert isinstance(answer, Setup) and answer.method
    return answer.method


Card = Callable[[str], str]


@pytest.fixture
def card(gateway: PaymentGateway, settings: Settings, owner: str) -> Card:
    """Save a named test method; return the processor's id."""
    return lambda name: saved(gateway, settings, owner, name).processor_id


Order = Callable[..., ChargeOrder]


@pytest.fixture
def order(owner: str) -> Order:
    def make(currency: str = "USD") -> ChargeOrder:
        return ChargeOrder(ids.new("pay"), "cus_acme", owner, Money(2500, currency), "Credits for Acme")

    return make


@pytest.fixture
def intent(gateway: PaymentGateway, order: Order) -> Intent:
    """An intent of 25.00 USD, unconfirmed."""
    charge = order()
    made = gateway.create_intent(charge, key=f"{charge.payment_id}:create")
    assert isinstance(made, Intent)
    return made


@pytest.fixture
def euros(gateway: PaymentGateway, order: Order) -> Intent:
    """An intent of 25.00 EUR, unconfirmed: debits are in euros alone."""
    charge = order("EUR")
    made = gateway.create_intent(charge, key=f"{charge.payment_id}:create")
    assert isinstance(made, Intent)
    return made


@pytest.fixture
def confirm(gateway: PaymentGateway) -> Callable[..., object]:
    def ask(intent: Intent, method: str, *, key: str = "", off_session: bool = False) -> object:
        return gateway.confirm_intent(
            intent.id,
            method=method,
            return_url=RETURN_URL,
            off_session=off_session,
            key=key or f"{intent.payment_id}:confirm:1",
        )

    return ask


@pytest.fixture
def time_passes() -> Iterator[Callable[[timedelta], None]]:
    """Let the clock stand later from here on."""
    with clock.at(clock.now()):

        def pass_by(span: timedelta) -> None:
            stack.append(clock.at(clock.now() + span))
            stack[-1].__enter__()

        stack: list[object] = []
        yield pass_by
        for each in reversed(stack):
            each.__exit__(None, None, None)


def last_charge(settings: Settings, intent: Intent) -> dict[str, Any]:
    """What the sandbox's own books say of an intent's charge."""
    charges = controls.objects(settings, "charge")
    return next(each for each in charges if each["payment_intent"] == intent.id)


def charged(settings: Settings) -> list[int]:
    """What the sandbox has charged in all."""
    return sorted(each["amount_captured"] for each in controls.objects(settings, "charge") if each["paid"])
