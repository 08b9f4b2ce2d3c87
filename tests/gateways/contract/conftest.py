"""The processors that the contract is held against: the sandbox on both databases, localstripe, Stripe with a test key.

Every request that a test makes is looked at afterwards, as it went over the wire.
"""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol
from urllib.request import Request, urlopen

import pytest
import stripe

from app import clock, ids
from app.config import Settings
from app.domain.addresses.profile import Profile
from app.domain.methods import Acceptance, Rail, Setup, SetupOrder, SetupStatus
from app.domain.money import Money
from app.domain.payments import Answer, ChargeOrder, Intent
from app.gateways import connect
from app.gateways.processor import PaymentGateway
from app.gateways.sandbox import controls
from tests.programs.localstripe.running import LocalStripe, running
from tests.support import databases
from tests.support.stripe_wire import STRIPE, Sent, problems, recorded

RETURN_URL = "https://portal.example/billing/add-credits?from=bank"
OURS = ["sandbox-sqlite", pytest.param("sandbox-postgresql", marks=pytest.mark.proof)]
REAL_KEY = os.environ.get("STRIPE_TEST_KEY", "")
if REAL_KEY and "_test_" not in REAL_KEY:
    raise pytest.UsageError("STRIPE_TEST_KEY is not a test key: with it the tests would move real money.")
PLAIN = Settings(
    secret_key="only-for-tests-" + "0" * 32,
    database_url="sqlite://",
    payments="stripe",
    stripe_secret_key=REAL_KEY or "sk_test_localstripe",
    stripe_publishable_key="pk_test_x",
    stripe_webhook_secret="whsec_x",
)


class Outside(Protocol):
    """What happens at the processor without us: what its customers do, and what time brings."""

    def answers(self, object_id: str, *, approved: bool) -> None:
        """The customer says yes or no on the page that the processor led them to."""

    def debit_ends(self, intent_id: str, *, succeeded: bool) -> None:
        """The days of a debit are over."""

    def disputes(self, intent_id: str) -> None:
        """The customer's bank disputes a payment."""

    def dispute_ends(self, dispute_id: str, *, won: bool) -> None:
        """The bank has decided."""


@dataclass
class Processor:
    """One of them."""

    gateway: PaymentGateway
    base: str
    requests: Callable[[], list[Sent]]
    outside: Outside | None = None


@dataclass(frozen=True)
class OutsideSandbox:
    """The sandbox's own side."""

    settings: Settings

    def answers(self, object_id: str, *, approved: bool) -> None:
        controls.answer_challenge(self.settings, object_id, approved=approved)

    def debit_ends(self, intent_id: str, *, succeeded: bool) -> None:
        controls.finish(self.settings, intent_id, succeeded=succeeded)

    def disputes(self, intent_id: str) -> None:
        controls.dispute(self.settings, intent_id)

    def dispute_ends(self, dispute_id: str, *, won: bool) -> None:
        controls.close_dispute(self.settings, dispute_id, won=won)


@dataclass(frozen=True)
class OutsideLocalStripe:
    """The shim's own side."""

    base: str

    def answers(self, object_id: str, *, approved: bool) -> None:
        self._act(f"customer/{object_id}", "approve" if approved else "decline")

    def debit_ends(self, intent_id: str, *, succeeded: bool) -> None:
        self._act(f"bank/{intent_id}", "succeed" if succeeded else "fail")

    def disputes(self, intent_id: str) -> None:
        self._act(f"bank/{intent_id}", "dispute")

    def dispute_ends(self, dispute_id: str, *, won: bool) -> None:
        self._act(f"bank/{dispute_id}", "win" if won else "lose")

    def _act(self, path: str, what: str) -> None:
        with urlopen(Request(f"{self.base}/_shim/{path}", data=what.encode()), timeout=60):
            pass


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Hold each test against each processor. Nobody can answer the real bank's questions for a test."""
    if "processor" in metafunc.fixturenames:
        real = ["stripe"] if REAL_KEY and "outside" not in metafunc.fixturenames else []
        lacks = {"sends", "till"} & set(metafunc.fixturenames)  # it has no customers' cash and no checkout
        local = [] if lacks else ["localstripe"]
        metafunc.parametrize("processor", [*OURS, *local, *real], indirect=True)


@pytest.fixture(scope="session")
def localstripe() -> Iterator[LocalStripe]:
    with running() as found:
        yield found


@pytest.fixture
def processor(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, session_dir: Path, tmp_path: Path
) -> Iterator[Processor]:
    """A processor; afterwards every request that it got is checked."""
    found, put_away = _named(request.param, request, monkeypatch, session_dir, tmp_path)
    yield found
    wrong = [(each.method, each.url, each.body, problems(each, base=found.base)) for each in found.requests()]
    put_away()
    assert wrong, "the test asked the processor for something"
    assert [each for each in wrong if each[-1]] == []


def _named(
    name: str, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, session_dir: Path, tmp_path: Path
) -> tuple[Processor, Callable[[], None]]:
    if name == "localstripe":
        local: LocalStripe = request.getfixturevalue("localstripe")
        local.forget()
        gateway = connect.to_processor(replace(PLAIN, stripe_api_base=local.base))
        return Processor(gateway, local.base, local.requests, OutsideLocalStripe(local.base)), lambda: None
    sent: list[Sent] = []
    if name == "stripe":
        monkeypatch.setattr(stripe, "RequestsClient", recorded(stripe.RequestsClient, sent))
        return Processor(connect.to_processor(PLAIN), STRIPE, lambda: sent), lambda: None
    sqlite = name == "sandbox-sqlite"
    database = databases.fresh_sqlite(session_dir, tmp_path) if sqlite else databases.fresh_postgresql(session_dir)
    settings = databases.settings_for(database)
    monkeypatch.setattr(controls, "transport", recorded(controls.transport, sent))
    return Processor(connect.to_processor(settings), STRIPE, lambda: sent, OutsideSandbox(settings)), database.drop


@pytest.fixture
def gateway(processor: Processor) -> PaymentGateway:
    return processor.gateway


@pytest.fixture
def outside(processor: Processor) -> Outside:
    """What goes on at the processor without us."""
    assert processor.outside
    return processor.outside


@pytest.fixture
def sends(processor: Processor, owner: str) -> Callable[[int], None]:
    """What lets a bank transfer of the customer's arrive, in cents of US dollars."""
    if isinstance(processor.outside, OutsideSandbox):
        settings = processor.outside.settings
        return lambda minor: str(controls.transfer(settings, owner, minor, "USD")) and None
    real = stripe.StripeClient(REAL_KEY)
    return lambda minor: (
        real.v1.test_helpers.customers.fund_cash_balance(owner, {"amount": minor, "currency": "usd"}) and None
    )


@pytest.fixture
def till(processor: Processor) -> Callable[[str, str], bool]:
    """What pays at a checkout with a named test method; says whether that was taken. Nobody can at the real one."""
    outside = processor.outside
    if isinstance(outside, OutsideSandbox):
        return lambda checkout_id, method: controls.pay_at_checkout(outside.settings, checkout_id, method) is not None
    return lambda _checkout_id, _method: False


@pytest.fixture
def owner(gateway: PaymentGateway) -> str:
    """A customer at the processor."""
    made = gateway.create_customer(
        customer_id="cus_acme", profile=Profile("Acme", "a@acme.example"), key=ids.new("key")
    )
    assert isinstance(made, str)
    return made


class Saves(Protocol):
    """Begins to save a named test method, by default all the way."""

    def __call__(self, name: str, *, owner: str = "", accepted: bool = True) -> Setup: ...


@pytest.fixture
def save(gateway: PaymentGateway, owner: str) -> Saves:
    customer = owner

    def saving(name: str, *, owner: str = "", accepted: bool = True) -> Setup:
        kinds = (Rail.CARD, Rail.SEPA_DEBIT, Rail.PAYPAL)
        order = SetupOrder(ids.new("set"), "cus_acme", owner or customer, kinds)
        begun = gateway.begin_setup(order, key=f"{order.setup_id}:create")
        assert isinstance(begun, Setup)
        acceptance = Acceptance("203.0.113.7", "Firefox", clock.now()) if accepted else None
        key = f"{order.setup_id}:confirm"
        made = gateway.confirm_setup(begun.id, method=name, return_url=RETURN_URL, acceptance=acceptance, key=key)
        assert isinstance(made, Setup)
        return made

    return saving


Card = Callable[[str], str]


@pytest.fixture
def card(save: Saves) -> Card:
    """Save a named test card that nobody has to be asked for; return the processor's id."""

    def saved(name: str) -> str:
        made = save(name)
        assert made.status is SetupStatus.SUCCEEDED and made.method
        return made.method.processor_id

    return saved


Order = Callable[..., ChargeOrder]


@pytest.fixture
def order(owner: str) -> Order:
    def make(currency: str = "USD", minor: int = 2500) -> ChargeOrder:
        return ChargeOrder(ids.new("pay"), "cus_acme", owner, Money(minor, currency), "Credits for Acme")

    return make


@pytest.fixture
def intent(gateway: PaymentGateway, order: Order) -> Intent:
    """An intent of 25.00 USD, unconfirmed."""
    return created(gateway, order())


@pytest.fixture
def confirm(gateway: PaymentGateway) -> Callable[..., Answer]:
    def ask(intent: Intent, method: str, *, key: str = "", off_session: bool = False) -> Answer:
        return gateway.confirm_intent(
            intent.id,
            method=method,
            return_url=RETURN_URL,
            off_session=off_session,
            key=key or f"{intent.payment_id}:confirm:1",
        )

    return ask


def created(gateway: PaymentGateway, charge: ChargeOrder) -> Intent:
    """Return the intent for an order."""
    made = gateway.create_intent(charge, key=f"{charge.payment_id}:create")
    assert isinstance(made, Intent)
    return made


def fetched(gateway: PaymentGateway, intent: Intent) -> Intent:
    """Return the intent as it stands now."""
    now = gateway.fetch_intent(intent.id)
    assert isinstance(now, Intent)
    return now
