"""Money that goes back at the sandbox: refunds up to what is left, refunds that fail, disputes won and lost."""

from datetime import timedelta
from typing import Any

import pytest

from app import clock
from app.config import Settings
from app.domain.money import Money
from app.domain.payments import Declined, Intent, Misused, Unknown
from app.domain.reversals import DisputeState, ProcessorDispute, ProcessorRefund, RefundState
from app.gateways.processor import PaymentGateway
from app.gateways.sandbox import controls
from app.gateways.sandbox.charges import DEBIT_TAKES, DISPUTED_AFTER
from app.gateways.sandbox.reversals import REFUND_TAKES, TO_ANSWER
from tests.gateways.conftest import last_charge

WHOLE = Money(2500, "USD")


@pytest.fixture
def paid(intent: Intent, euros: Intent, card: Any, confirm: Any) -> Any:
    """An intent of 25.00 USD, or EUR for a debit, paid with a test method."""

    def pay(name: str = "pm_card_visa") -> Intent:
        answer = confirm(euros if name.endswith("_de") else intent, card(name))
        assert isinstance(answer, Intent)
        return answer

    return pay


def refund(gateway: PaymentGateway, intent: Intent, minor: int, number: int = 1) -> Any:
    return gateway.create_refund(
        intent_id=intent.id,
        refund_id=f"ref_{number}",
        payment_id=intent.payment_id,
        amount=Money(minor, intent.amount.currency),
        reason="The customer changed their mind.",
        key=f"ref_{number}:create",
    )


def event_types(settings: Settings) -> list[str]:
    """The types of the events about money that went back, the oldest first."""
    types = [each["type"] for each in controls.objects(settings, "event")][::-1]
    return [kind for kind in types if kind.startswith(("refund", "charge.refund", "charge.dispute"))]


def test_a_refund_goes_back_and_carries_our_id(gateway: PaymentGateway, settings: Settings, paid: Any) -> None:
    intent = paid()
    made = refund(gateway, intent, 1000)
    assert isinstance(made, ProcessorRefund)
    assert (made.state, made.amount, made.problem) == (RefundState.SUCCEEDED, Money(1000, "USD"), "")
    assert (made.intent_id, made.refund_id) == (intent.id, "ref_1")
    assert gateway.fetch_refund(made.id) == made and gateway.refunds_of(intent.id) == [made]
    assert refund(gateway, intent, 1000) == made, "the same key is answered, not executed again"
    assert last_charge(settings, intent)["amount_refunded"] == 1000
    assert event_types(settings) == ["refund.created", "charge.refunded"]


def test_no_more_goes_back_than_was_paid(gateway: PaymentGateway, settings: Settings, paid: Any) -> None:
    intent = paid()
    first = refund(gateway, intent, 1000, 1)
    assert refund(gateway, intent, 1501, 2) == Declined("amount_too_large", intent.id)
    second = refund(gateway, intent, 1500, 3)
    assert refund(gateway, intent, 1, 4) == Declined("charge_already_refunded", intent.id)
    assert gateway.refunds_of(intent.id) == [first, second], "the oldest first"
    assert last_charge(settings, intent)["refunded"]


def test_what_was_not_paid_cannot_be_refunded(gateway: PaymentGateway, intent: Intent) -> None:
    assert isinstance(refund(gateway, intent, 1000), Misused)
    assert isinstance(gateway.fetch_refund("re_unknown"), Misused)
    assert gateway.refunds_of(intent.id) == []


def test_a_refund_in_the_dashboard_is_seen_without_our_id(
    gateway: PaymentGateway, settings: Settings, paid: Any
) -> None:
    intent = paid()
    made = gateway.fetch_refund(controls.refund(settings, intent.id))
    assert isinstance(made, ProcessorRefund) and (made.amount, made.refund_id) == (WHOLE, "")


def test_a_refund_may_take_a_day(gateway: PaymentGateway, settings: Settings, paid: Any, time_passes: Any) -> None:
    made = refund(gateway, paid("pm_card_pendingRefund"), 1000)
    assert made.state is RefundState.PENDING
    time_passes(REFUND_TAKES)
    now = gateway.fetch_refund(made.id)
    assert isinstance(now, ProcessorRefund) and now.state is RefundState.SUCCEEDED
    assert event_types(settings) == ["refund.created", "charge.refunded", "refund.updated"]


def test_a_refund_may_come_back_after_it_had_succeeded_and_can_be_made_again(
    gateway: PaymentGateway, settings: Settings, paid: Any, time_passes: Any
) -> None:
    intent = paid("pm_card_refundFail")
    made = refund(gateway, intent, 2500)
    assert made.state is RefundState.SUCCEEDED
    time_passes(REFUND_TAKES)
    now = gateway.fetch_refund(made.id)
    assert isinstance(now, ProcessorRefund)
    assert (now.state, now.problem) == (RefundState.FAILED, "expired_or_canceled_card")
    assert event_types(settings)[2:] == ["refund.updated", "refund.failed", "charge.refund.updated"]
    assert last_charge(settings, intent)["amount_refunded"] == 0
    assert refund(gateway, intent, 2500, 2).state is RefundState.SUCCEEDED


@pytest.mark.parametrize("succeeded", [True, False])
def test_a_refund_ends_as_it_is_asked_to_and_one_that_came_back_stays_back(
    gateway: PaymentGateway, settings: Settings, paid: Any, succeeded: bool
) -> None:
    intent = paid("pm_card_pendingRefund")
    made = refund(gateway, intent, 1000)
    for ending in (succeeded, False, True):
        controls.end_refund(settings, made.id, succeeded=ending)
    now = gateway.fetch_refund(made.id)
    assert isinstance(now, ProcessorRefund) and now.state is RefundState.FAILED
    assert last_charge(settings, intent)["amount_refunded"] == 0


def test_a_refund_of_a_debit_takes_a_day(gateway: PaymentGateway, paid: Any, time_passes: Any) -> None:
    intent = paid("pm_success_de")
    time_passes(DEBIT_TAKES)
    assert refund(gateway, intent, 1000).state is RefundState.PENDING


def test_a_lost_answer_of_a_refund_is_given_again_and_pays_back_once(
    gateway: PaymentGateway, settings: Settings, paid: Any
) -> None:
    intent = paid()
    controls.plant(settings, "create_refund", "reset_after")
    assert isinstance(refund(gateway, intent, 1000), Unknown)
    assert isinstance(refund(gateway, intent, 1000), ProcessorRefund)
    assert last_charge(settings, intent)["amount_refunded"] == 1000


@pytest.mark.parametrize("won", [True, False])
def test_a_dispute_is_open_until_it_is_decided_and_is_decided_once(
    gateway: PaymentGateway, settings: Settings, paid: Any, won: bool
) -> None:
    intent = paid()
    dispute_id = controls.dispute(settings, intent.id)
    opened = gateway.fetch_dispute(dispute_id)
    assert isinstance(opened, ProcessorDispute)
    assert (opened.state, opened.amount, opened.reason) == (DisputeState.OPEN, WHOLE, "fraudulent")
    assert opened.intent_id == intent.id and opened.respond_by and opened.respond_by > clock.now()
    assert gateway.disputes_of(intent.id) == [opened]
    controls.close_dispute(settings, dispute_id, won=won)
    controls.close_dispute(settings, dispute_id, won=not won)
    closed = gateway.fetch_dispute(dispute_id)
    assert isinstance(closed, ProcessorDispute)
    assert closed.state is (DisputeState.WON if won else DisputeState.LOST)
    events = ["charge.dispute.created", "charge.dispute.funds_withdrawn", "charge.dispute.closed"]
    if won:
        events.insert(2, "charge.dispute.funds_reinstated")
    assert event_types(settings) == events


def test_what_is_disputed_cannot_be_refunded(gateway: PaymentGateway, settings: Settings, paid: Any) -> None:
    intent = paid()
    controls.dispute(settings, intent.id, amount=1000)
    assert refund(gateway, intent, 500) == Declined("charge_disputed", intent.id)


def test_what_was_disputed_and_won_can_be_refunded(gateway: PaymentGateway, settings: Settings, paid: Any) -> None:
    intent = paid()
    controls.close_dispute(settings, controls.dispute(settings, intent.id), won=True)
    assert isinstance(refund(gateway, intent, 500), ProcessorRefund)


def test_a_bank_that_only_asks_takes_nothing_and_a_refund_answers_it(
    gateway: PaymentGateway, settings: Settings, paid: Any
) -> None:
    intent = paid()
    asked = controls.dispute(settings, intent.id, inquiry=True)
    assert found(gateway, intent)[0].state is DisputeState.OPEN
    assert refund(gateway, intent, 500, 1).state is RefundState.SUCCEEDED
    assert found(gateway, intent)[0].state is DisputeState.OPEN, "a part of it is no answer"
    refund(gateway, intent, 2000, 2)
    assert [(each.id, each.state) for each in found(gateway, intent)] == [(asked, DisputeState.WON)]
    assert "charge.dispute.funds_withdrawn" not in event_types(settings)


def test_what_a_bank_asked_about_may_become_a_dispute_under_the_same_id(
    gateway: PaymentGateway, settings: Settings, paid: Any
) -> None:
    intent = paid()
    asked = controls.dispute(settings, intent.id, inquiry=True)
    controls.escalate(settings, asked)
    controls.escalate(settings, asked)
    assert refund(gateway, intent, 500) == Declined("charge_disputed", intent.id)
    controls.close_dispute(settings, asked, won=False)
    assert [(each.id, each.state) for each in found(gateway, intent)] == [(asked, DisputeState.LOST)]
    assert event_types(settings) == [
        f"charge.dispute.{word}" for word in ("created", "updated", "funds_withdrawn", "closed")
    ]


def test_what_a_bank_asked_about_is_over_when_nothing_comes_of_it(
    gateway: PaymentGateway, settings: Settings, paid: Any, time_passes: Any
) -> None:
    intent = paid()
    controls.dispute(settings, intent.id, inquiry=True)
    time_passes(TO_ANSWER + timedelta(seconds=1))
    assert found(gateway, intent)[0].state is DisputeState.WON


@pytest.mark.parametrize(("name", "reason"), [
    ("pm_card_createDispute", "fraudulent"), ("pm_disputed_de", "debit_not_authorized"),
])  # fmt: skip
def test_some_test_methods_are_disputed_after_they_paid_and_the_dispute_is_lost(
    gateway: PaymentGateway, paid: Any, time_passes: Any, name: str, reason: str
) -> None:
    intent = paid(name)
    if intent.rail == "sepa_debit":
        time_passes(DEBIT_TAKES)
    assert gateway.disputes_of(intent.id) == []
    time_passes(DISPUTED_AFTER[intent.rail])
    (opened,) = found(gateway, intent)
    assert (opened.state, opened.reason) == (DisputeState.OPEN, reason)
    time_passes(TO_ANSWER + timedelta(seconds=1))
    (lost,) = found(gateway, intent)
    assert lost.state is DisputeState.LOST
    time_passes(timedelta(days=90))
    assert found(gateway, intent) == [lost], "it happens once"


def found(gateway: PaymentGateway, intent: Intent) -> list[ProcessorDispute]:
    disputes = gateway.disputes_of(intent.id)
    assert isinstance(disputes, list)
    return disputes


def test_a_dispute_that_nobody_has_is_a_bug_of_ours(gateway: PaymentGateway) -> None:
    assert isinstance(gateway.fetch_dispute("du_unknown"), Misused)
