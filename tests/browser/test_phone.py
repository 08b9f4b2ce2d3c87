"""On a phone and on paper: no page is wider than the screen, what is typed does not zoom, what is tapped is large enough."""

from flask import Flask
from playwright.sync_api import Page

from app.domain.people.members import Actor
from app.models.customers import Customer
from tests.browser.conftest import Opens
from tests.pages.test_invoices import invoices
from tests.support import shop, spend

PATHS = (
    "/billing/",
    "/billing/usage/",
    "/billing/add-credits/",
    "/billing/balance-history",
    "/billing/balance-history?view=rows",
    "/billing/spend-management/",
    "/billing/spend-management/webhook/",
    "/billing/spend-management/log",
    "/billing/auto-recharge/",
    "/billing/payment-methods/",
    "/billing/payment-methods/?add=card",
)
LOOK = {"viewport": {"width": 380, "height": 800}, "has_touch": True, "is_mobile": True}
FAULTS = """() => {
  const faults = [];
  const shown = (each) => each.checkVisibility({ visibilityProperty: true }) && !each.closest(".sr, [aria-hidden=true]");
  const name = (each) => `${each.tagName} ${each.id || each.className.baseVal || each.className} "${each.textContent.trim().slice(0, 40)}"`;
  const root = document.documentElement;
  if (root.scrollWidth > innerWidth) faults.push(`${root.scrollWidth} wide`);
  const typed = "input:not([type=hidden], [type=checkbox], [type=radio]), select, textarea";
  for (const each of [...document.querySelectorAll(typed)].filter(shown)) {
    if (parseFloat(getComputedStyle(each).fontSize) < 16) faults.push(`small text: ${name(each)}`);
  }
  // What a script has made needless is one pixel. A link inside a sentence is left as it is; one that covers its row, or has room around it, is as large as that.
  const isInText = (each) => getComputedStyle(each).display === "inline" && each.parentElement.matches("p, li, .notice__text, td")
    && each.parentElement.textContent.trim().length > each.textContent.trim().length + 3;
  const size = (each) => {
    const box = each.getBoundingClientRect();
    const [, top, bottom] = ["", "::before", "::after"].reduce(([most, up, down], pseudo) => {
      const style = pseudo && getComputedStyle(each, pseudo);
      if (!pseudo || style.content === "none" || style.position !== "absolute") return [most, up, down];
      return [most, Math.max(up, -parseFloat(style.top) || 0), Math.max(down, -parseFloat(style.bottom) || 0)];
    }, [0, 0, 0]);
    return box.height + top + bottom;
  };
  const tapped = "a[href], button, summary, select, label:has(input[type=radio], input[type=checkbox])";
  for (const each of [...document.querySelectorAll(`main :is(${tapped}), .menu > summary`)].filter(shown)) {
    if (each.closest(".dock, .chart, .copy") || isInText(each)) continue;
    const row = each.matches(".rowlink") ? each.closest("tr, li") : null;
    const tall = row ? row.getBoundingClientRect().height : size(each);
    if (tall > 2 && tall < 43.5) faults.push(`${Math.round(tall)} px: ${name(each)}`);
  }
  for (const each of [...document.querySelectorAll(".menu__name, main h1, .menu .pill")].filter(shown)) {
    if (each.scrollWidth > each.clientWidth + 1 && getComputedStyle(each).overflow !== "visible") faults.push(`cut: ${name(each)}`);
    if (each.getBoundingClientRect().right > innerWidth) faults.push(`out of sight: ${name(each)}`);
  }
  return faults;
}"""


def faults(page: Page, path: str) -> list[str]:
    """Open the page and return what is wrong with it on a phone."""
    page.goto(path)
    return [f"{path}: {each}" for each in page.evaluate(FAULTS)]


def test_every_page_fits_a_phone(app: Flask, signs_in: Opens, acme: Customer, alice_actor: Actor) -> None:
    shop.add_method(alice_actor)
    page = signs_in(**LOOK)
    page.goto(shop.PATH)
    page.locator(shop.BUY).click()
    page.wait_for_url("**/payments/pay_*")
    payment = page.evaluate("location.pathname")
    spend.chooses(acme, "25", "20")
    spend.uses(acme, "23")
    found = [each for path in (*PATHS, payment) for each in faults(page, path)]
    assert found == [], "\n".join(found)


def test_what_belongs_together_on_invoices_stands_side_by_side(signs_in: Opens, acme: Customer) -> None:
    invoices(acme, 10_050)
    page = signs_in(**LOOK)
    assert faults(page, "/billing/invoices/") == []
    tops = """names => names.map(each => document.querySelector(each).getBoundingClientRect())
      .map(box => [Math.round(box.top + box.height / 2), Math.round(box.left), Math.round(box.right)])"""
    pay, view = page.evaluate(tops, ["#invoices-due td .btn", "#invoices-due td a:not(.btn)"])
    assert pay[0] == view[0] and 0 < view[1] - pay[2] < 40
    sheet, csv = page.evaluate(tops, ["a[download][href*=xlsx]", "a[download][href*=csv]"])
    assert sheet[0] == csv[0] and 0 < csv[1] - sheet[2] < 40


def test_no_page_is_wider_than_the_paper(signs_in: Opens, acme: Customer, alice_actor: Actor) -> None:
    shop.add_method(alice_actor)
    spend.chooses(acme, "25")
    page = signs_in(viewport={"width": 703, "height": 1000})
    for path in PATHS[:-1]:
        page.goto(path)
        page.emulate_media(media="print")
        assert page.evaluate("document.documentElement.scrollWidth") == 703, path
        page.emulate_media(media="screen")
