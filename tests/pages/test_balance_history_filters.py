"""Balance history: found by kind, words, amount and day; what is wrong is said beside its field, and the list stays."""

import pytest

from app import clock
from app.domain.money import Credits
from app.models.customers import Customer
from app.services.usage import recording
from tests.pages.test_balance_history import DAY_ROW, FORM, LINK, PATH, ROW, ROWS, errors, give, use
from tests.support.browser import Browser

FRAGMENT = {"HX-Request": "true"}
WRONG = {
    "kind=zebra": "There is no such kind of movement. Choose one from the list.",
    "show=zebra": "There is no such kind of movement. Choose one from the list.",
    "view=zebra": "The history is shown by day or row by row.",
    "from=2026-13-40": "Enter a day such as 2026-11-21.",
    "to=yesterday": "Enter a day such as 2026-11-21.",
    "from=2099-01-01&to=yesterday": "Enter a day such as 2026-11-21.",
    "from=2099-11-02&to=2026-11-01": "The last day is before the first one.",
    "before=zebra": "This page of the history does not exist. Start from the newest movement.",
    "after=-1": "This page of the history does not exist. Start from the newest movement.",
    "before=٥": "This page of the history does not exist. Start from the newest movement.",
    "before=9999999999999999999": "This page of the history does not exist. Start from the newest movement.",
    "before=2026-11-01.1m&after=2026-11-01.2m": "Choose either older or newer movements.",
    "figure=zebra": "There is no such figure on the Overview.",
    f"q={'a' * 101}": "Search for at most 100 characters.",
}


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
        ("7.68", ["−$7.68"]),
        ("7.67", []),
    ],
)
def test_an_amount_is_found_as_it_is_shown_and_by_its_sign(
    alice: Browser, acme: Customer, typed: str, found: list[str]
) -> None:
    give(acme, 100)
    for number, micros in enumerate((2_500_000, 333_333, 7_675_000)):
        recording.record(acme.customer_id, key=f"{number}", credits=Credits(micros), description="Requests")
    page = alice.submits(alice.opens(ROWS), FORM, q=typed)
    assert [words.partition(", exactly")[0].strip() for words in page.texts(f"{ROW} td:nth-child(3)")] == found


def test_an_amount_that_is_written_in_another_way_is_answered_with_the_right_form(
    alice: Browser, acme: Customer
) -> None:
    give(acme, 100)
    words = "No movement matches. Enter an amount such as 12.50, with “.” before decimals"
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
