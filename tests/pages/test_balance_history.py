"""Balance history: every movement, found, explained, and taken along as a file."""

import csv
import io
import json
from decimal import Decimal

import pytest
from werkzeug.test import TestResponse

from app import clock
from app.domain.money import Credits
from app.domain.people import Actor
from app.models.customers import Customer
from app.models.ledger import Transfer
from app.models.scope import as_customer
from app.services.balance import history
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
WRONG = {
    "kind=zebra": "There is no such kind of movement. Choose one from the list.",
    "show=zebra": "There is no such kind of movement. Choose one from the list.",
    "view=zebra": "The history is shown by day or row by row.",
    "from=2026-13-40": "Enter a day such as 2026-11-21.",
    "to=yesterday": "Enter a day such as 2026-11-21.",
    "from=2026-11-02&to=2026-11-01": "The last day is before the first one.",
    "before=zebra": "This page of the history does not exist. Start from the newest movement.",
    "after=-1": "This page of the history does not exist. Start from the newest movement.",
    "before=٥": "This page of the history does not exist. Start from the newest movement.",
    "before=9999999999999999999": "This page of the history does not exist. Start from the newest movement.",
    "before=2026-11-01.1m&after=2026-11-01.2m": "Choose either older or newer movements.",
    "figure=zebra": "There is no such figure on the Overview.",
    f"q={'a' * 101}": "Search for at most 100 characters.",
}


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


def test_it_filters_by_kind_words_and_days_without_javascript(alice: Browser, acme: Customer) -> None:
    give(acme, 100)
    use(acme, 1, "a", "Model 100% fast")
    use(acme, 2, "b", "Another model")
    page, today = alice.opens(ROWS), clock.now().date()
    usage = alice.opens(str(next(each for each in page.soup.select(".chips a") if each.text == "Usage")["href"]))
    assert usage.texts(f"{ROW} td:nth-child(3)") == ["−$2.00", "−$1.00"]
    assert usage.texts(".chips a[aria-current]") == ["Usage", "Every row", "Any time"]
    assert alice.submits(usage, FORM, q="100%").texts(LINK) == ["Model 100% fast"]
    assert len(alice.submits(page, FORM, **{"from": str(today), "to": str(today)}).soup.select(ROW)) == 3
    nothing = alice.submits(page, FORM, q="zebra")
    assert "No movement matches." in nothing.text
    assert nothing.value("q") == "zebra"
    assert len(alice.follows(nothing, "main .card p a").soup.select(ROW)) == 3


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("2.50", ["−$2.50"]),
        ("$2.5", ["−$2.50"]),
        ("-2.50", ["−$2.50"]),
        ("−$2.50", ["−$2.50"]),
        ("+2.50", []),
        ("100", ["+$100.00"]),
        ("+100", ["+$100.00"]),
        ("-100", []),
        ("0.33", ["−$0.33"]),
        ("0.334", []),
        ("0.333333", ["−$0.33"]),
    ],
)
def test_an_amount_is_found_as_it_is_shown_and_by_its_sign(
    alice: Browser, acme: Customer, typed: str, found: list[str]
) -> None:
    give(acme, 100)
    for number, micros in enumerate((2_500_000, 333_333)):
        recording.record(acme.customer_id, key=f"{number}", credits=Credits(micros), description="Requests")
    page = alice.submits(alice.opens(ROWS), FORM, q=typed)
    assert [words.partition(", exactly")[0].strip() for words in page.texts(f"{ROW} td:nth-child(3)")] == found


def test_an_amount_that_is_written_in_another_way_is_answered_with_the_right_form(
    alice: Browser, acme: Customer
) -> None:
    give(acme, 100)
    words = "No movement matches. Write decimals after “.” and “,” only between thousands, as in 12.50."
    assert words in alice.submits(alice.opens(PATH), FORM, q="12,50").text


@pytest.mark.parametrize("query", WRONG)
def test_a_wrong_filter_is_refused_in_words_and_the_list_and_what_was_typed_stay(
    alice: Browser, acme: Customer, query: str
) -> None:
    give(acme, 100)
    page = alice.opens(f"{PATH}?{query}")
    assert page.status == 422
    assert len(page.soup.select(DAY_ROW)) == 1
    assert errors(page) == [WRONG[query]]
    for name, _, value in (part.partition("=") for part in query.split("&")):
        if name in {"q", "from", "to"}:
            assert page.value(name) == value


def test_fragment_and_page_agree_also_when_refused(alice: Browser, acme: Customer) -> None:
    give(acme, 100)
    for path in (PATH, f"{PATH}?kind=zebra"):
        page, fragment = alice.opens(path), alice.opens(path, **FRAGMENT)
        assert fragment.status == page.status and not fragment.soup.select("html")
        assert fragment.find("#balance_history-history") == page.find("#balance_history-history")


def test_htmx_takes_the_fragment_and_keeps_the_address(alice: Browser) -> None:
    form = alice.opens(PATH).find(FORM)
    assert form["hx-target"] == "#balance_history-history"
    assert form["hx-push-url"] == "true"
    assert form["method"] == "get" and form["action"] == PATH == form["hx-get"]


def test_the_address_leaves_out_what_was_left_empty(alice: Browser) -> None:
    answer = alice.opens(f"{PATH}?kind=&q=hours&from=&to=&_external=1", **FRAGMENT)
    assert answer.response.headers["HX-Push-Url"] == f"{PATH}?q=hours"


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


def test_the_csv_opens_and_sums_to_the_balance(alice: Browser, acme: Customer) -> None:
    give(acme, 1000)
    for number in range(40):
        use(acme, 7, f"u{number}")
    answer = file(alice, f"{PATH}.csv?view=rows")
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert (
        answer.headers["Content-Disposition"]
        == f'attachment; filename="balance-history-rows-{clock.now():%Y-%m-%d}.csv"'
    )
    rows = rows_of(answer.text)
    assert list(rows[0]) == ["Id", "Description", "Created time", "Amount", "Running balance", "Unit", "Kind", "Source"]
    assert len(rows) == 41
    with as_customer(acme.customer_id):
        remaining = history.numbers().remaining_credits.units
    assert sum(Decimal(row["Amount"]) for row in rows) == remaining == Decimal(rows[0]["Running balance"])


def test_the_csv_holds_what_the_filter_matches(alice: Browser, acme: Customer) -> None:
    give(acme, 100)
    use(acme, 1, "a")
    page = alice.opens(f"{ROWS}&kind=usage")
    link = str(page.find("a[href*='.csv']")["href"])
    assert [row["Kind"] for row in rows_of(file(alice, link).text)] == ["usage"]
    assert alice.opens(f"{PATH}.csv?kind=zebra").status == 422


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_no_text_in_the_csv_is_a_formula_while_amounts_stay_numbers(alice: Browser, acme: Customer, start: str) -> None:
    give(acme, 100)
    use(acme, 1, "a", f"{start}HYPERLINK(1)")
    row = rows_of(file(alice, f"{PATH}.csv?view=rows").text)[0]
    assert row["Description"] == f"'{start}HYPERLINK(1)"
    assert row["Amount"] == "-1.000000"


def test_the_json_holds_the_same(alice: Browser, acme: Customer) -> None:
    give(acme, 100)
    used = use(acme, 1, "a", 'Größe "x"')
    data = json.loads(file(alice, f"{PATH}.json?view=rows").text)["data"]
    assert [each["amount"] for each in data] == ["-1.000000", "100.000000"]
    assert data[0]["id"] == used.id and data[0]["description"] == 'Größe "x"'
    assert data[0]["credit_unit"] == "USD" and data[0]["source"] == {"type": "usage", "id": "a"}


def test_an_empty_file_is_still_a_file(alice: Browser) -> None:
    assert rows_of(file(alice, f"{PATH}.csv?view=rows").text) == []
    assert json.loads(file(alice, f"{PATH}.json?view=rows").text) == {"data": []}


def test_a_purchase_opens_its_payment_with_method_and_attempt(alice: Browser, alice_actor: Actor) -> None:
    shop.add_method(alice_actor)
    shop.bought(alice, "25.00")
    page = alice.follows(alice.opens(ROWS), LINK)
    assert "$25.00 of credit was bought and added to your balance." in page.text
    payment = page.find("#balance_history-payment").get_text(" ")
    assert "$25.00" in payment and "Paid" in payment and "ending in 4242" in payment
    assert page.texts("#balance_history-payment tbody td:last-child") == ["Paid"]
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
