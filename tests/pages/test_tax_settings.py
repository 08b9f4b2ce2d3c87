"""Tax settings: numbers are saved at once, shown with what is known of them in words, and removed after a question."""

from typing import Any

import pytest

from app.models.customers import Customer
from app.models.scope import as_customer
from app.services import jobs
from app.services.tax import registrations
from tests.support.browser import Browser, Page
from tests.support.statements import counted

PATH, FORM = "/billing/tax/", "#tax_settings-form"
GOOD, WRONG, SILENT = "DE136695976", "DE100000049", "DE100000008"
"""Numbers that the sandbox confirms, does not know, and does not answer about."""
CHECK = jobs.JOBS["tax_numbers_checked"]


def adds(browser: Browser, value: str = GOOD, **fields: Any) -> Page:
    return browser.submits(browser.opens(PATH), FORM, **{"country": value[:2], "value": value} | fields)


def table(page: Page) -> list[list[str]]:
    """Return what each row says, without its id and the way to remove it."""
    rows = page.soup.select(".table--tax tbody tr")
    return [[" ".join(" ".join(cell.stripped_strings).split()) for cell in row.select("td, th")][1:5] for row in rows]


@pytest.mark.both_databases
@pytest.mark.case("AC-68")
def test_a_number_is_saved_at_once_and_confirmed_afterwards(alice: Browser) -> None:
    empty = alice.opens(PATH)
    assert (empty.status, empty.texts("h1")) == (200, ["Tax settings"])
    assert "No tax registration is saved yet." in empty.text
    page = adds(alice, "de 136.695 976", country="DE")
    assert (page.status, page.redirects, page.notices()) == (200, (PATH,), [f"{GOOD} is added. It is being checked."])
    pending = "Pending We are asking the EU’s VIES service. You need not wait."
    assert table(page) == [["Germany", "European VAT number", GOOD, pending]]
    assert page.find("#tax_settings-list")["hx-trigger"] == "every 3s"
    CHECK(10)
    later = alice.opens(PATH)
    (row,) = table(later)
    assert row[3].startswith("Verified The name is not published. Confirmed")
    assert "hx-trigger" not in later.find("#tax_settings-list").attrs
    assert later.texts(".table--tax thead th")[:5] == ["Id", "Country", "Description", "Value", "Status"]
    assert later.texts(".tax__id")[0].startswith("txr_")


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (
            WRONG,
            "Unverified The EU’s VIES service knows no such number. New ones may take days to appear: we ask again.",
        ),
        (SILENT, "Unavailable The EU’s VIES service did not answer. We ask again by ourselves."),
    ],
)
def test_what_is_not_confirmed_says_why(alice: Browser, value: str, said: str) -> None:
    adds(alice, value)
    CHECK(10)
    page = alice.opens(PATH)
    assert [row[3] for row in table(page)] == [said]
    assert len(page.soup.select(".tax__state--unverified")) == (value == WRONG)


@pytest.mark.parametrize(
    ("fields", "row"),
    [
        ({"country": "GR", "value": "094259216"}, ["Greece", "European VAT number", "EL094259216"]),
        ({"country": "XI", "value": "432525179"}, ["Northern Ireland", "European VAT number", "XI432525179"]),
        ({"country": "GB", "value": "GB 980 7806 84"}, ["United Kingdom", "United Kingdom VAT number", "GB980780684"]),
        ({"country": "EU", "value": "EU372022452"}, ["European Union (One Stop Shop)", "European One Stop Shop number", "EU372022452"]),
        ({"country": "SG", "value": "M90312345A"}, ["Singapore", "Another tax number", "M90312345A"]),
        ({"country": "DE", "value": "12/345/67890", "kind": "other"}, ["Germany", "Another tax number", "12/345/67890"]),
    ],
)  # fmt: skip
def test_the_kind_is_the_usual_one_of_the_country_unless_another_is_chosen(
    alice: Browser, fields: dict[str, str], row: list[str]
) -> None:
    assert [each[:3] for each in table(adds(alice, **fields))] == [row]


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"value": "DE136695977"}, "This cannot be right: look at its length and digits again. If it is, add it as another number."),
        ({"country": ""}, "Choose the country that gave the number."),
        ({"country": "FR"}, "This number begins with DE, which is another country. Choose its country."),
        ({"value": ""}, "Enter the number, at most 60 characters."),
    ],
)  # fmt: skip
def test_what_cannot_be_right_is_refused_beside_its_field_and_stays(
    alice: Browser, acme: Customer, fields: dict[str, str], said: str
) -> None:
    page = adds(alice, **fields)
    assert (page.status, page.errors()) == (422, [said])
    assert page.value("value") == fields.get("value", GOOD)
    with as_customer(acme.customer_id):
        assert registrations.listed(acme.customer_id) == []


def test_the_same_number_is_kept_once(alice: Browser) -> None:
    adds(alice)
    again = adds(alice, "136695976", country="DE")
    assert (again.status, again.errors()) == (409, ["This number is in the list already."])
    assert len(table(again)) == 1


@pytest.mark.case("AC-69")
def test_a_number_is_removed_after_a_question(alice: Browser) -> None:
    page = adds(alice)
    asked = alice.follows(page, "a[title=Remove]")
    assert asked.texts("#tax_settings-remove") == [f"Remove {GOOD}?"]
    kept = alice.follows(asked, "#tax_settings-removal a")
    assert len(table(kept)) == 1
    gone = alice.submits(asked, "#tax_settings-removal form")
    assert (gone.notices(), table(gone)) == ([f"{GOOD} is removed."], [])
    assert alice.submits(asked, "#tax_settings-removal form").status == 404


def test_a_page_that_waits_gets_its_list_alone(alice: Browser) -> None:
    adds(alice)
    part = alice.opens(f"{PATH}list", **{"HX-Request": "true"})
    assert part.soup.find(recursive=False).get("id") == "tax_settings-list"
    assert len(table(part)) == 1


@pytest.mark.parametrize("text", ["<script>alert(1)</script>", "=1+1", "שלום"])
def test_another_number_of_any_letters_is_kept_and_shown(alice: Browser, text: str) -> None:
    page = adds(alice, text, country="SG")
    assert (page.status, table(page)[0][2]) == (200, text)
    assert not page.soup.select("table script")


def test_a_viewer_sees_them_and_can_change_nothing(alice: Browser, bob: Browser, acme: Customer) -> None:
    adds(alice)
    page = bob.opens(PATH)
    assert len(table(page)) == 1
    assert page.soup.select(f"{FORM}, a[title=Remove]") == []
    assert "Your role can view this page but not change it. Ask Alice Archer" in page.text
    with as_customer(acme.customer_id):
        (row,) = registrations.listed(acme.customer_id)
    asked = bob.opens(f"{PATH}?remove={row.id}")
    assert asked.soup.select("#tax_settings-removal") == []
    token = {"csrf_token": page.soup.select_one("[name=csrf_token]")["value"]}  # type: ignore[index]
    assert bob.posts(f"{PATH}{row.id}/removal", token).status == 403


def test_nobody_sees_or_removes_another_customers_number(alice: Browser, mallory: Browser, acme: Customer) -> None:
    adds(alice)
    with as_customer(acme.customer_id):
        (row,) = registrations.listed(acme.customer_id)
    page = mallory.opens(f"{PATH}?remove={row.id}")
    assert (table(page), page.soup.select("#tax_settings-removal")) == ([], [])
    assert mallory.posts(f"{PATH}{row.id}/removal", {"csrf_token": page.value("csrf_token")}).status == 404


def test_a_stranger_is_sent_to_sign_in(visitor: Browser, acme: Customer) -> None:
    assert visitor.opens(PATH).path.startswith("/sign-in")


def test_it_takes_few_statements(alice: Browser) -> None:
    adds(alice)
    alice.opens(PATH)
    with counted() as seen:
        alice.opens(PATH)
    assert len([each for each in seen if "tax_registrations" in each]) == 1
    assert len(seen) <= 4, seen
