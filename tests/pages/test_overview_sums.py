"""Overview: how the total became what remains, line by line, each with its rows."""

from datetime import timedelta

import pytest
from flask import Flask

from app import clock
from app.config import Settings
from app.domain.money import Credits
from app.domain.people.members import Actor
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


def below_zero(browser: Browser) -> list[str]:
    """Return what the page says of a balance below zero."""
    line = browser.opens(PATH).soup.select_one("#status_line[data-kind=below_zero], #status_line[data-kind=no_credit]")
    return [line.find("p").get_text(" ", strip=True)] if line else []  # type: ignore[union-attr]


def test_what_went_back_or_is_held_is_between_the_total_and_what_remains(
    app: Flask, settings: Settings, alice: Browser, acme: Customer, alice_actor: Actor
) -> None:
    give(acme, 100)
    assert sums(alice.opens(PATH)) == {"Total credits": "$100.00", "Remaining credits": "$100.00"}
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
    assert below_zero(alice) == []
    use(acme, 110, "b")
    (said,) = below_zero(alice)
    assert said.startswith("Your balance is −$10.00: more was used than you had credit for."), (
        "what went back was not used"
    )


@pytest.mark.both_databases
def test_below_zero_it_says_why(
    app: Flask, settings: Settings, alice: Browser, acme: Customer, alice_actor: Actor
) -> None:
    first, second = buys(app, alice_actor, 2500), buys(app, alice_actor, 4000)
    assert below_zero(alice) == []
    use(acme, 50, "a")
    sends_back(first)
    (said,) = below_zero(alice)
    assert said.startswith("Your balance is −$10.00: a payment was refunded or disputed after its credit was used.")
    use(acme, 10, "b")
    assert (
        "for $10.00 of it a payment was refunded or disputed after its credit was used; $10.00 was used"
        in (below_zero(alice)[0])
    )
    give(acme, 15)
    assert ": a payment was refunded or disputed after its credit was used." in below_zero(alice)[0]
    give(acme, 20)
    assert below_zero(alice) == []
    use(acme, 40, "c")
    assert "more was used than you had credit for." in below_zero(alice)[0], "that refund is paid for"
    disputed = controls.dispute(settings, second.processor_id or "")
    later(app)
    (said,) = below_zero(alice)
    assert "For $40.00 of it, a payment was refunded or disputed after its credit was used; the rest was used." in said
    assert "The next $15.00 you add cover what is owed first." in said
    binds = alice.opens(PATH).texts("#overview-available .overview-now__note")[0]
    assert binds == "A top-up first covers the $15.00 that is owed."
    controls.close_dispute(settings, disputed, won=True)
    later(app)
    assert "more was used than you had credit for." in below_zero(alice)[0], "its credit is back"


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
