"""Overview: how the total became what remains, line by line, each with its rows."""

from datetime import timedelta

import pytest
from flask import Flask

from app import clock
from app.config import Settings
from app.domain.money import Credits
from app.domain.people import Actor
from app.gateways.sandbox import controls
from app.models.customers import Customer
from app.services.ledger import grants
from tests.pages.test_overview import PATH, give, use
from tests.support.browser import Browser, Page
from tests.support.reversals import buys, later, sends_back


def sums(page: Page) -> dict[str, str]:
    """Return the lines that lead from the total to what remains."""
    words = [each.get_text(" ", strip=True) for each in page.soup.select("#overview-sums dt")]
    amounts = [next(each.stripped_strings) for each in page.soup.select("#overview-sums dd")]
    return dict(zip(words, amounts, strict=True))


@pytest.mark.both_databases
def test_what_went_back_or_is_held_is_between_the_total_and_what_remains(
    app: Flask, settings: Settings, alice: Browser, acme: Customer, alice_actor: Actor
) -> None:
    give(acme, 100)
    assert sums(alice.opens(PATH)) == {}, "there is nothing to explain"
    bought = [buys(app, alice_actor, minor) for minor in (5000, 2000, 4000)]
    use(acme, 30, "a")
    sends_back(bought[0], 2000)
    controls.close_dispute(settings, controls.dispute(settings, bought[1].processor_id or ""), won=False)
    controls.dispute(settings, bought[2].processor_id or "")
    later(app)
    page = alice.opens(PATH)
    assert sums(page) == {
        "Total credits": "$210.00",
        "Used so far": "−$30.00",
        "Sent back or held": "−$80.00",
        "Remaining credits": "$100.00",
    }
    rows = alice.follows(page, "#overview-sums a[href*=sent_back]")
    assert rows.texts("#balance_history-figure dd") == ["−$60.00", "−$20.00", "$80.00"]
    assert page.soup.select("#overview-below_zero") == []
    use(acme, 110, "b")
    assert (
        "a payment was refunded or disputed after its credit was used"
        in alice.opens(PATH).find("#overview-below_zero").text
    )


def test_what_expired_and_what_was_taken_back_is_explained_too(alice: Browser, acme: Customer) -> None:
    now = clock.now()
    give(acme, 10)
    for units, reason in ((20, "Waits for the job"), (5, "Seen by the job")):
        grants.give(
            acme.customer_id,
            kind="promotional",
            credits=Credits(units * 10**6),
            granted_by="seller",
            reason=reason,
            expires_at=now + timedelta(minutes=units),
        )
    taken = grants.give(
        acme.customer_id,
        kind="promotional",
        credits=Credits(8 * 10**6),
        granted_by="seller",
        reason="A mistake",
        expires_at=now + timedelta(minutes=2),
    )
    use(acme, 3, "a")
    grants.void(taken.id, by="seller", reason="A mistake")
    with clock.at(now + timedelta(minutes=10)):
        use(acme, 1, "b")
    with clock.at(now + timedelta(minutes=30)):
        page = alice.opens(PATH)
        assert sums(page) == {
            "Total credits": "$35.00",
            "Used so far": "−$4.00",
            "Expired": "−$24.00",
            "Used from withdrawn credits": "+$3.00",
            "Remaining credits": "$10.00",
        }
        assert alice.opens("/billing/balance-history?figure=all_usage").texts("#balance_history-summed") == ["$4.00"]
