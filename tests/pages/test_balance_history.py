"""Balance history: every movement, found, explained, and taken along as a file."""

import csv
import io

import pytest
from werkzeug.test import TestResponse

from app import clock
from app.domain.money import Credits
from app.domain.people.members import Actor
from app.models.customers import Customer
from app.models.ledger import Transfer
from app.services.catalog import versions
from app.services.ledger import corrections, grants
from app.services.usage import recording
from tests.support import cast, shop
from tests.support.browser import Browser, Page
from tests.support.statements import counted

PATH = "/billing/balance-history"
FORM = "form.filters"
FRAGMENT = {"HX-Request": "true"}
ROWS = f"{PATH}?view=rows"
DAY_ROW = ".table--days tbody tr"
ROW = ".table--history tbody tr"
LINK = f"{ROW} td:first-child a"


def give(customer: Customer, units: int, reason: str = "Welcome") -> None:
    grants.give(
        customer.customer_id, kind="promotional", credits=Credits(units * 10**6), granted_by="seller", reason=reason
    )


def use(customer: Customer, units: int, key: str, description: str = "Requests") -> Transfer:
    return recording.record(customer.customer_id, key=key, credits=Credits(units * 10**6), description=description)


def addresses(page: Page) -> list[str]:
    return [str(link["href"]) for link in page.soup.select(LINK)]


def errors(page: Page) -> list[str]:
    return page.texts("main .error")


@pytest.mark.both_databases
def test_it_shows_the_newest_first_with_signs_and_the_running_balance(alice: Browser, acme: Customer) -> None:
    give(acme, 100)
    used = use(acme, 30, "a")
    page = alice.opens(ROWS)
    assert page.status == 200
    assert page.texts("th") == ["Movement", "Date", "Amount", "Balance"]
    assert page.texts(f"{ROW} td:nth-child(3)") == ["−$30.00", "+$100.00"]
    assert page.texts(f"{ROW} td:nth-child(4)") == ["$70.00", "$100.00"]
    assert addresses(page)[0] == f"{PATH}/{used.id}"
    assert all("UTC" in words for words in page.texts(f"{ROW} td:nth-child(2)"))


def test_an_empty_history_says_so(alice: Browser) -> None:
    page = alice.opens(PATH)
    assert "No movements yet." in page.text
    assert not page.soup.select("table")


def test_a_viewer_may_look(bob: Browser, acme: Customer) -> None:
    give(acme, 100)
    assert bob.opens(ROWS).texts(f"{ROW} td:nth-child(3)") == ["+$100.00"]


def test_usage_of_a_period_shows_the_signs_of_its_rows(alice: Browser, acme: Customer) -> None:
    give(acme, 100)
    use(acme, 30, "a")
    page, today = alice.opens(f"{PATH}?figure=usage_this_period"), clock.now().date()
    assert page.texts("#balance_history-figure dd") == ["−$30.00", "$30.00"]
    assert f"All usage since {today.day} {today:%b %Y}" in page.text
    assert len(alice.follows(page, "#balance_history-figure dt a").soup.select(ROW)) == 1


def test_what_is_below_zero_and_what_paid_it_back_is_said(alice: Browser, acme: Customer, alice_actor: Actor) -> None:
    give(acme, 10)
    below = use(acme, 15, "a")
    shop.add_method(alice_actor)
    shop.bought(alice, "25.00")
    assert "$5.00 of it took your balance below zero." in alice.opens(f"{PATH}/{below.id}").text
    page = alice.follows(alice.opens(f"{ROWS}&kind=purchased"), LINK)
    assert "$5.00 of it covered credit that was used below zero." in page.text
    assert page.soup.select("#balance_history-touched") == []


def test_older_and_newer_show_every_movement_once(alice: Browser, acme: Customer) -> None:
    give(acme, 100)
    for number in range(60):
        use(acme, 1, f"u{number}")
    first = alice.opens(ROWS)
    second = alice.follows(first, ".pager a[rel=next]")
    third = alice.follows(second, ".pager a[rel=next]")
    shown = [addresses(each) for each in (first, second, third)]
    assert [len(ids) for ids in shown] == [25, 25, 11]
    assert len({each for ids in shown for each in ids}) == 61
    assert not third.soup.select(".pager a[rel=next]")
    assert addresses(alice.follows(third, ".pager a[rel=prev]")) == shown[1]


def test_a_page_is_one_statement_at_any_depth(alice: Browser, acme: Customer) -> None:
    give(acme, 100)
    for number in range(60):
        use(acme, 1, f"u{number}")
    found = []
    for path in (ROWS, f"{ROWS}&before=30", f"{ROWS}&after=5", f"{ROWS}&kind=usage&before=20"):
        with counted() as statements:
            alice.opens(path)
        found.append([each for each in statements if "FROM transfers" in each and "ORDER BY" in each])
    assert [len(each) for each in found] == [1, 1, 1, 1]


def file(browser: Browser, path: str) -> TestResponse:
    """Open a file, read to its end: it is sent while it is read."""
    return browser.client.get(path, base_url=browser.origin, buffered=True)


def rows_of(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def test_a_purchase_opens_its_payment_with_method_and_attempt(alice: Browser, alice_actor: Actor) -> None:
    shop.add_method(alice_actor)
    shop.bought(alice, "25.00")
    page = alice.follows(alice.opens(ROWS), LINK)
    assert "$25.00 of credit was bought and added to your balance." in page.text
    receipt = " ".join(page.find(".receipt").get_text(" ").split())
    assert f"Sold by {versions.offered(cast.CATALOG).seller_name}" in receipt and "Customer Acme" in receipt
    assert receipt.startswith("Receipt Print Amount $25.00 Paid "), "by its name, with a button to print it"
    assert "Payment method Visa ending in 4242" in receipt
    assert alice.follows(page, ".receipt a[href]").texts(".receipt h2") == ["Receipt"]
    assert not page.soup.select("#balance_history-payment"), "nothing is said twice"
    assert "Never" in page.find("#balance_history-grant").get_text()


def test_usage_opens_the_credits_it_used_in_order(alice: Browser, acme: Customer) -> None:
    give(acme, 10, "First")
    give(acme, 10, "Second")
    use(acme, 15, "a")
    page = alice.follows(alice.opens(f"{ROWS}&kind=usage"), LINK)
    assert "$15.00 of credit was used." in page.text
    assert page.texts("#balance_history-touched tbody td.end") == ["$10.00", "$5.00"]
    assert [words.partition(": ")[2] for words in page.texts("#balance_history-touched tbody td:first-child")] == [
        "First",
        "Second",
    ]


def test_a_gift_says_why_and_by_whom(alice: Browser, acme: Customer) -> None:
    give(acme, 10, "Sorry for Tuesday")
    page = alice.follows(alice.opens(ROWS), LINK)
    seller = versions.offered(cast.CATALOG).seller_name
    words = page.find("#balance_history-grant").get_text(" ")
    assert (
        "Sorry for Tuesday" in words
        and f"Given by {seller}" in " ".join(words.split())
        and "Promotional credits" in words
    )


def test_a_correction_and_what_it_corrects_open_each_other(alice: Browser, acme: Customer) -> None:
    give(acme, 10)
    used = use(acme, 4, "a")
    made = corrections.correct(used.id, by="seller", reason="Counted twice")
    wrong = alice.opens(f"{PATH}/{used.id}")
    right = alice.follows(wrong, f"a[href$='{made.id}']")
    assert "An earlier movement was wrong. $4.00 of credit was returned to you." in right.text
    assert alice.follows(right, f"a[href$='{used.id}']").status == 200


def test_another_customers_movement_is_not_there(mallory: Browser, acme: Customer) -> None:
    give(acme, 10, "Only for Acme")
    used = use(acme, 4, "a")
    page = mallory.opens(f"{PATH}/{used.id}")
    assert page.status == 404 and "Only for Acme" not in page.response.text
    assert mallory.opens(ROWS).soup.select(ROW) == [] == mallory.opens(PATH).soup.select(DAY_ROW)
    assert "Only for Acme" not in file(mallory, f"{PATH}.csv").text
    assert mallory.opens(f"{ROWS}&q={used.id}").soup.select(ROW) == []


@pytest.mark.parametrize("txn_id", ["zebra", "txn_", "txn_00000000000000000000000000", "%27%20or%201=1"])
def test_what_is_no_movement_is_404(alice: Browser, txn_id: str) -> None:
    assert alice.opens(f"{PATH}/{txn_id}").status == 404


@pytest.mark.parametrize("path", [PATH, f"{PATH}.csv", f"{PATH}.json", f"{PATH}/txn_00000000000000000000000000"])
def test_a_stranger_is_sent_to_sign_in(visitor: Browser, path: str) -> None:
    answer = visitor.client.get(path)
    assert answer.status_code == 303
    assert answer.location.startswith("/sign-in")


def test_a_long_description_is_shown_whole_and_harmless(alice: Browser, acme: Customer) -> None:
    give(acme, 10)
    words = "<script>alert(1)</script>" + "x" * 275
    use(acme, 4, "a", words)
    page = alice.opens(ROWS)
    assert page.texts(LINK)[0] == words
    assert "<script>alert" not in page.response.text
