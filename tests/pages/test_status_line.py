"""The status line stands on four pages, says the same on each, and leads nowhere that its reader may not act."""

from urllib.parse import urlsplit

import pytest

from app.models.customers import Customer
from tests.support import spend
from tests.support.browser import Browser

PAGES = ("/billing/", "/billing/usage/", "/billing/add-credits/", "/billing/spend-management/")
LINE = "#status_line"


def over_the_limit(acme: Customer) -> None:
    spend.gives(acme, "100")
    spend.chooses(acme, limit="10")
    spend.uses(acme, "12")


@pytest.mark.parametrize("path", PAGES)
def test_nothing_urgent_is_no_line(alice: Browser, acme: Customer, path: str) -> None:
    spend.gives(acme, "100")
    assert not alice.opens(path).soup.select(LINE)


def test_each_page_says_the_same_fact_and_offers_only_another_page(
    alice: Browser, bob: Browser, acme: Customer
) -> None:
    over_the_limit(acme)
    for path in PAGES:
        mine, theirs = alice.opens(path), bob.opens(path)
        for page in (mine, theirs):
            assert page.texts(f"{LINE} strong") == ["Calls are refused until 00:00 UTC ."]
        leads = [str(link["href"]) for link in mine.soup.select(f"{LINE} a")]
        assert leads == ([] if path == PAGES[3] else [PAGES[3]])
        assert "Ask Alice Archer to raise the limit." in theirs.texts(LINE)[0]
        assert not theirs.soup.select(f"{LINE} a")


def test_below_zero_by_use_it_does_not_say_that_money_went_back(alice: Browser, acme: Customer) -> None:
    spend.gives(acme, "10")
    spend.uses(acme, "30")
    page = alice.opens("/billing/usage/")
    assert page.texts(f"{LINE} strong") == ["Your balance is −$20.00: more was used than you had credit for."]
    assert urlsplit(str(page.find(f"{LINE} a")["href"])).path == "/billing/add-credits/"


def test_a_limit_that_was_raised_takes_the_line_away_at_once(alice: Browser, acme: Customer) -> None:
    over_the_limit(acme)
    form = "form[aria-label='Spend management']"
    before = alice.opens(PAGES[3], **{"HX-Request": "true"})
    assert before.soup.select(LINE) and not before.soup.select("html")  # what saving swaps has the line in it
    after = alice.submits(alice.opens(PAGES[3]), form, button="#spend_management-save", enabled=True, daily_limit="50")
    assert after.status == 200 and not after.soup.select(LINE)


def test_what_buying_does_not_change_is_said_before_the_button_and_on_overview(alice: Browser, acme: Customer) -> None:
    spend.gives(acme, "100")
    assert not alice.opens(PAGES[2]).soup.select(".blocked")
    spend.chooses(acme, limit="10")
    spend.uses(acme, "12")
    for path in (PAGES[2], PAGES[0]):
        page = alice.opens(path)
        (words,) = page.texts(".blocked")
        assert words.startswith("Adding credit does not lift today’s limit of $10.00")
        assert str(page.find(".blocked a")["href"]) == PAGES[3]
    order = str(alice.opens(PAGES[2]).find("#add_credits-total"))
    assert 0 < order.index("Adding credit does not lift") < order.index('id="add_credits-buy"')
