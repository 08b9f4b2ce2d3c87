"""The API's description in a browser: readable by everybody, at every width, without JavaScript."""

from tests.browser.conftest import Opens
from tests.browser.test_spine import in_every_look, is_clean
from tests.support import tiers

SEEN = tiers.sample_of("nav, #begin, #problems, main > section:nth-of-type(-n+3)", proof=None)
"""All operations are drawn alike: axe looks at the first of them, and in `make proof` at each."""


@in_every_look
def test_the_description_is_clean_and_keeps_to_its_width(signs_in: Opens, look: dict[str, object]) -> None:
    page = signs_in(**look)
    page.goto("/v1/docs")
    is_clean(page, "/v1/docs", SEEN)


def test_its_links_lead_to_the_operations_without_javascript(signs_in: Opens) -> None:
    page = signs_in(java_script_enabled=False)
    page.goto("/v1/docs")
    link = page.get_by_role("navigation", name="Operations").get_by_role("link", name="Read a customer's balance")
    link.click()
    shown = page.locator(":target")
    assert shown.locator("h3").inner_text() == "Read a customer's balance"
    assert "GET" in shown.inner_text()
