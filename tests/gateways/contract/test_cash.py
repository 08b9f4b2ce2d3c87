"""Bank transfers: a customer's own account, the cash that arrives there, and what is paid from it."""

from collections.abc import Callable

from app import ids
from app.domain.bank_transfers.accounts import BankAccount, TransferScheme
from app.domain.bank_transfers.cash import MovementKind, ProcessorMovement
from app.domain.money import Money
from app.domain.payments import Answer, Declined, Intent, IntentStatus, Misused
from app.gateways.processor import PaymentGateway
from tests.gateways.contract.conftest import RETURN_URL, fetched

USD = TransferScheme("USD")
Sends = Callable[[int], None]


def moved(gateway: PaymentGateway, owner: str, after: str = "") -> list[ProcessorMovement]:
    """What has moved the cash."""
    found = gateway.cash_movements(owner, after=after)
    assert isinstance(found, list)
    return found


def account(gateway: PaymentGateway, owner: str, scheme: TransferScheme = USD) -> BankAccount:
    """The customer's own account. From then on nothing is applied by itself."""
    found = gateway.bank_account(owner, scheme=scheme, key=ids.new("key"))
    assert isinstance(found, BankAccount)
    return found


def pay(gateway: PaymentGateway, intent: Intent) -> Answer:
    """The answer to paying with cash."""
    return gateway.pay_from_cash(intent.id, scheme=USD, return_url=RETURN_URL, key=f"{intent.payment_id}:confirm:1")


def test_a_customer_has_one_account_of_its_own(gateway: PaymentGateway, owner: str, sends: Sends) -> None:
    first, again = account(gateway, owner), account(gateway, owner)
    assert first == again and [label for label, _ in first.details][-2:] == ["Routing number", "Account number"]
    wrong = gateway.bank_account(owner, scheme=TransferScheme("EUR", "US"), key=ids.new("key"))
    assert isinstance(wrong, Misused)


def test_what_arrives_pays_nothing_by_itself_and_then_an_intent_exactly(
    gateway: PaymentGateway, owner: str, intent: Intent, sends: Sends
) -> None:
    account(gateway, owner)
    sends(3000)
    (funded,) = moved(gateway, owner)
    assert (funded.kind, funded.amount_minor, funded.currency) == (MovementKind.FUNDED, 3000, "USD")
    assert fetched(gateway, intent).received == Money(0, "USD")
    paid = pay(gateway, intent)
    assert isinstance(paid, Intent) and (paid.status, paid.received) == (IntentStatus.SUCCEEDED, Money(2500, "USD"))
    assert paid.rail == "bank_transfer"
    (applied,) = moved(gateway, owner, after=funded.id)
    assert (applied.kind, applied.amount_minor, applied.intent_id) == (MovementKind.APPLIED, -2500, intent.id)
    again = pay(gateway, intent)
    assert isinstance(again, Intent) and again.status is IntentStatus.SUCCEEDED
    assert len(moved(gateway, owner)) == 2, "the same key takes nothing twice"


def test_too_little_pays_nothing_and_stays(gateway: PaymentGateway, owner: str, intent: Intent, sends: Sends) -> None:
    account(gateway, owner)
    sends(2499)
    assert isinstance(pay(gateway, intent), Misused)
    assert fetched(gateway, intent).status is IntentStatus.REQUIRES_ACTION
    gone = gateway.cancel_intent(intent.id, key=ids.new("key"))
    assert isinstance(gone, Intent) and gone.status is IntentStatus.CANCELED
    assert [each.amount_minor for each in moved(gateway, owner)] == [2499]


def test_cash_goes_back_and_no_more_than_is_there(gateway: PaymentGateway, owner: str, sends: Sends) -> None:
    account(gateway, owner)
    sends(1000)
    returned = ids.new("crt")
    too_much = gateway.return_cash(owner, amount=Money(1001, "USD"), return_id=returned, key=ids.new("key"))
    assert isinstance(too_much, Declined)
    sent = gateway.return_cash(owner, amount=Money(400, "USD"), return_id=returned, key=f"{returned}:return")
    assert isinstance(sent, str)
    kinds = [(each.kind, each.amount_minor) for each in moved(gateway, owner)]
    assert kinds == [(MovementKind.FUNDED, 1000), (MovementKind.RETURN_INITIATED, -400)]
