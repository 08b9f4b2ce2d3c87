"""A gateway on the sandbox, a customer at the processor, and orders."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest

from app import clock, ids
from app.config import Settings
from app.domain.money import Money
from app.domain.payments import ChargeOrder, Intent, SavedMethod
from app.gateways import sandbox
from app.gateways.processor import PaymentGateway
from app.gateways.stripe_gateway import build

RETURN_URL = "http://localhost/billing/add-credits?from=bank"
NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


@pytest.fixture
def gateway(settings: Settings) -> PaymentGateway:
    return build(settings)


@pytest.fixture
def owner(gateway: PaymentGateway) -> str:
    made = gateway.create_customer(
        customer_id="cus_acme", name="Acme", email="billing@acme.example", key="cus_acme:customer"
    )
    assert isinstance(made, str)
    return made


Card = Callable[[str], str]


@pytest.fixture
def card(gateway: PaymentGateway, owner: str) -> Card:
    """Save a named test card; return the processor's id."""

    def save(name: str) -> str:
        made = gateway.add_test_method(name, processor_customer=owner, key=ids.new("key"))
        assert isinstance(made, SavedMethod)
        return made.processor_id

    return save


Order = Callable[[], ChargeOrder]


@pytest.fixture
def order(owner: str) -> Order:
    def make() -> ChargeOrder:
        return ChargeOrder(ids.new("pay"), "cus_acme", owner, Money(2500, "USD"), "Credits for Acme")

    return make


@pytest.fixture
def intent(gateway: PaymentGateway, order: Order) -> Intent:
    """An intent of 25.00 USD, unconfirmed."""
    wished = order()
    made = gateway.create_intent(wished, key=f"{wished.payment_id}:create")
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


def charged(settings: Settings) -> list[int]:
    """What the sandbox has charged in all."""
    return sorted(each["amount_captured"] for each in sandbox.objects(settings, "charge") if each["paid"])
