"""How many words a page shows: what a reader sees of it without opening anything, and without the navigation.

    python -m tests.support.words_on_pages http://localhost:8000 nora@northwind.example PATH …

Run against two builds, it counts a page before and after.
"""

import sys

from playwright.sync_api import Page, sync_playwright

from tests.support import chromium

DEMO_PASSWORD = "harbour lights at noon"  # the demo prints it
HIDDEN = "nav, script, .sr, .tip, [aria-hidden=true], svg"
"""What stands in a page's main part and is not read as words of it."""


def words(page: Page) -> list[str]:
    """Return the words of the page: those of its main part that are shown now. A number is a word."""
    text = page.evaluate(
        """hidden => {
          const out = [...document.querySelectorAll(hidden)].map(each => [each, each.style.display]);
          for (const [each] of out) each.style.display = "none";
          const text = (document.querySelector("main") ?? document.body).innerText;
          for (const [each, display] of out) each.style.display = display;
          return text;
        }""",
        HIDDEN,
    )
    return [each for each in str(text).split() if any(map(str.isalnum, each))]


def sign_in(page: Page, email: str, password: str = DEMO_PASSWORD) -> None:
    """Sign the member in, and wait for the first page."""
    page.goto("/sign-in")
    page.fill("[name=email]", email)
    page.fill("[name=password]", password)
    page.keyboard.press("Enter")
    page.wait_for_url("**/billing/**")


def main() -> None:
    """Print how many words each page shows."""
    base, email, *paths = sys.argv[1:]
    with sync_playwright() as playwright:
        page = chromium.launch(playwright).new_context(base_url=base).new_page()
        sign_in(page, email)
        for path in paths:
            page.goto(path)
            print(f"{len(words(page)):6,}  {path}")


if __name__ == "__main__":
    main()
