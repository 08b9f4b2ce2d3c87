"""Balance history in a browser: a press anywhere in a row opens it, filters swap the list, and a wrong day keeps it."""

from playwright.sync_api import expect

from app.domain.money import Credits
from app.models.customers import Customer
from app.services.ledger import grants
from app.services.usage import recording
from tests.browser.conftest import Opens
from tests.browser.test_spine import is_clean

PATH = "/billing/balance-history"


def test_a_row_opens_wherever_it_is_pressed_and_filters_keep_the_page(signs_in: Opens, acme: Customer) -> None:
    given = {"kind": "promotional", "granted_by": "seller", "reason": "Welcome", "description": "Welcome"}
    grants.give(acme.customer_id, credits=Credits(50_000_000), **given)  # type: ignore[arg-type]  # all text
    recording.record(acme.customer_id, key="k", credits=Credits(1_234_567), description="Requests")
    page = signs_in()
    page.goto(PATH)
    rows = page.locator(".table--days tbody tr")
    expect(rows).to_have_count(2)
    page.get_by_role("link", name="Grants", exact=True).click()
    expect(rows).to_have_count(1)
    expect(page).to_have_url(f"{PATH}?show=grants")
    page.get_by_role("link", name="All", exact=True).click()
    expect(rows).to_have_count(2)
    page.get_by_label("From", exact=True).fill("2099-01-02")
    page.get_by_label("To", exact=True).fill("2099-01-01")
    page.get_by_role("button", name="Show", exact=True).click()
    expect(page.locator(".field--wrong .error")).to_have_text("The last day is before the first one.")
    expect(rows).to_have_count(2)
    is_clean(page, "a wrong day")
    rows.first.click()  # in its midst, beside the words of the link
    expect(page.get_by_role("heading", level=1)).to_contain_text("Today so far")
    expect(page.locator(".lead")).to_contain_text("−$1.23")
    is_clean(page, "a day")
