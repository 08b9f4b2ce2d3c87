"""Invoice address in a real browser: the fields follow the country, the focus stays, what was typed stays, and it is asked once."""

from playwright.sync_api import expect

from app.models.customers import Customer
from app.models.scope import as_customer
from app.services.customers import address
from tests.browser.conftest import Opens
from tests.support.looks import LOOKS, findings

PATH = "/billing/invoice-address/"


def test_the_fields_follow_the_country_and_what_looks_wrong_is_saved_as_typed(signs_in: Opens, acme: Customer) -> None:
    page = signs_in(**LOOKS["light"])
    page.goto(PATH)
    assert findings(page) == []
    page.fill("#line1", "1 Market St")
    page.locator("#country").focus()
    page.select_option("#country", "US")
    expect(page.get_by_label("ZIP code")).to_be_visible()
    expect(page.locator("#country")).to_be_focused()
    expect(page.locator("#line1")).to_have_value("1 Market St")
    page.keyboard.press("Tab")
    expect(page.locator("#line1")).to_be_focused()
    page.fill("#city", "New York")
    page.fill("#postal_code", "10001")
    page.fill("#region", "CA")
    page.fill(
        "#company", "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft mbH & Co. KG"
    )
    page.locator("#invoice_address-save").click()
    expect(page.locator("#invoice_address-asked")).to_be_focused()
    assert findings(page) == []
    narrow = LOOKS["narrow dark"]
    page.set_viewport_size(narrow["viewport"])
    page.emulate_media(color_scheme=narrow["color_scheme"])
    assert findings(page) == []
    page.locator("#invoice_address-as_typed").click()
    expect(page.locator(".toast--ok")).to_contain_text("The invoice address is saved.")
    expect(page.locator("address")).to_contain_text("New York, CA 10001")
    assert findings(page) == []
    with as_customer(acme.customer_id):
        assert address.current(acme.customer_id).address.region == "CA"
