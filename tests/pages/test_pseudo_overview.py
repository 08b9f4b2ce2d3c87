"""Overview with a history, and the mailed link of a payment, in the pseudo-language."""

from app.domain.people.members import Actor
from app.models.customers import Customer
from tests.pages.test_overview import PATH, acme_with_habits, give, old_acme, use
from tests.pages.test_resume import link
from tests.support import shop
from tests.support.browser import Browser
from tests.support.pseudo import ASKED, known_of, offered, plain

__all__ = ["acme_with_habits", "link", "offered", "old_acme"]


def test_an_overview_with_a_history_is_translated(acme_with_habits: Browser, old_acme: Customer) -> None:
    page = acme_with_habits.opens(PATH, **ASKED)
    assert page.soup.select(".fore, .chart table, #overview-latest, #overview-balance .sum")
    assert plain(page, {*known_of(old_acme), "Welcome"}) == []


def test_an_overview_below_zero_with_a_payment_under_way_is_translated(
    alice: Browser, bob: Browser, alice_actor: Actor, acme: Customer
) -> None:
    give(acme, 10)
    use(acme, 30, "a")
    shop.add_method(alice_actor, shop.ASKS)
    shop.bought(alice, "25.00")
    for browser in (alice, bob):
        page = browser.opens(PATH, **ASKED)
        assert page.soup.select("#overview-under_way a")
        assert plain(page, {*known_of(acme), "Welcome"}) == []


def test_the_mailed_link_of_a_payment_is_translated(visitor: Browser, link: str, acme: Customer) -> None:
    for path, status in ((link, 200), (f"{link[:-3]}xyz", 404)):
        page = visitor.opens(path, **ASKED)
        assert page.status == status and plain(page, {*known_of(acme), "Visa"}) == []
