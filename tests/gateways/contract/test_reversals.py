"""Money that goes back: refunds up to what was received, and disputes by the customer's bank."""

from collections.abc import Callable

import pytest

from app import ids
from app.domain.money import Money
from app.domain.payments import Answer, Declined, Intent, IntentStatus, Misused, Unknown
from app.domain.reversals import DisputeState, ProcessorDispute, ProcessorRefund, RefundState
from app.gateways.processor import PaymentGateway
from tests.gateways.contract.conftest import Card, Outside

Confirm = Callable[..., Answer]


@pytest.fixture
def paid(intent: Intent, card: Card, confirm: Confirm) -> Intent:
    """25.00 USD, received."""
    answer = confirm(intent, card("pm_card_visa"))
    assert isinstance(answer, Intent) and answer.status is IntentStatus.SUCCEEDED
    return answer


def refunded(
    gateway: PaymentGateway, paid: Intent, minor: int, *, key: str = "", refund_id: str = "", reason: str = ""
) -> ProcessorRefund | Declined | Unknown | Misused:
    """What sending money back answers."""
    refund_id = refund_id or ids.new("ref")
    return gateway.create_refund(
        intent_id=paid.id,
        refund_id=refund_id,
        payment_id=paid.payment_id,
        amount=Money(minor, paid.amount.currency),
        reason=reason or "requested_by_customer",
        key=key or f"{refund_id}:create",
    )


@pytest.mark.parametrize("reason", ["duplicate", "requested_by_customer", "the customer was unhappy"])
def test_a_refund_goes_back_and_carries_our_id(gateway: PaymentGateway, paid: Intent, reason: str) -> None:
    refund_id = ids.new("ref")
    made = refunded(gateway, paid, 1000, refund_id=refund_id, reason=reason)
    assert isinstance(made, ProcessorRefund)
    assert (made.amount, made.state, made.problem) == (Money(1000, "USD"), RefundState.SUCCEEDED, "")
    assert (made.intent_id, made.refund_id) == (paid.id, refund_id)
    assert gateway.fetch_refund(made.id) == made and gateway.refunds_of(paid.id) == [made]


def test_the_same_key_is_the_same_refund(gateway: PaymentGateway, paid: Intent) -> None:
    refund_id = ids.new("ref")
    first = refunded(gateway, paid, 1000, refund_id=refund_id)
    assert refunded(gateway, paid, 1000, refund_id=refund_id) == first
    assert gateway.refunds_of(paid.id) == [first]
    other = refunded(gateway, paid, 900, refund_id=refund_id)
    assert isinstance(other, Misused) and other.code == "idempotency_error"


@pytest.mark.case("AC-42")
def test_parts_may_go_back_up_to_what_was_received(gateway: PaymentGateway, paid: Intent) -> None:
    parts = [refunded(gateway, paid, minor) for minor in (1000, 1000)]
    assert all(isinstance(each, ProcessorRefund) for each in parts)
    assert isinstance(refunded(gateway, paid, 501), Declined), "more than is left"
    last = refunded(gateway, paid, 500)
    assert isinstance(last, ProcessorRefund)
    assert isinstance(refunded(gateway, paid, 50), Declined), "nothing is left"
    listed = gateway.refunds_of(paid.id)
    assert isinstance(listed, list) and sorted(each.amount.amount_minor for each in listed) == [500, 1000, 1000]


def test_what_was_not_paid_cannot_go_back(gateway: PaymentGateway, intent: Intent) -> None:
    assert isinstance(refunded(gateway, intent, 1000), Misused)


def test_a_payment_that_nobody_disputes_has_no_dispute(gateway: PaymentGateway, paid: Intent) -> None:
    assert gateway.disputes_of(paid.id) == [] and gateway.refunds_of(paid.id) == []


@pytest.mark.parametrize(("won", "state"), [(True, DisputeState.WON), (False, DisputeState.LOST)])
def test_a_dispute_is_open_until_the_bank_decides(
    gateway: PaymentGateway, outside: Outside, paid: Intent, won: bool, state: DisputeState
) -> None:
    outside.disputes(paid.id)
    found = gateway.disputes_of(paid.id)
    assert isinstance(found, list) and len(found) == 1
    dispute = found[0]
    assert (dispute.intent_id, dispute.amount, dispute.state) == (paid.id, Money(2500, "USD"), DisputeState.OPEN)
    assert dispute.reason and dispute.respond_by and dispute.respond_by > dispute.created_at
    assert gateway.fetch_dispute(dispute.id) == dispute
    outside.dispute_ends(dispute.id, won=won)
    now = gateway.fetch_dispute(dispute.id)
    assert isinstance(now, ProcessorDispute) and now.state is state


def test_what_the_processor_does_not_know_is_a_bug_of_ours(gateway: PaymentGateway, owner: str) -> None:
    assert isinstance(gateway.fetch_refund("re_unknown"), Misused)
    assert isinstance(gateway.fetch_dispute("du_unknown"), Misused)
