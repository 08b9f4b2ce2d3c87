"""On a phone in every language: no page is wider than the screen, no text is cut, out of sight or over another, and axe finds nothing."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from flask import Flask

from app import clock
from app.config import Settings
from app.domain import language
from app.domain.people.members import Actor
from app.models.customers import Customer
from app.models.limits import AlertRecipient
from app.models.scope import as_service
from app.services.transaction import transaction
from tests.browser.conftest import Opens
from tests.browser.test_phone import LOOK, PATHS
from tests.pages.test_invoices import invoices
from tests.support import looks, recharge, shop, spend
from tests.support.server import Server, serving_here

ACCOUNT = (
    "profile",
    "authentication",
    "members",
    "members/read-only",
    "activity",
    "ssh-keys",
    "api-tokens",
    "referrals",
)
MORE = (
    "/billing/add-credits/code/",
    "/billing/bank-transfers/",
    "/billing/invoices/",
    "/billing/invoice-address/",
    "/billing/invoice-notifications/",
    "/billing/notifications/",
    "/billing/plan/",
    "/billing/invoices/statement",
    "/billing/tax/",
    *(f"/account/{each}/" for each in ACCOUNT),
)
LANGUAGES = ("de", "he", "fr", "es")
FAULTS = """() => {
  const faults = [], root = document.documentElement;
  const isNothing = (each) => { for (let up = each; up && up !== root; up = up.parentElement) { const box = up.getBoundingClientRect(); if ((box.width < 3 || box.height < 3) && getComputedStyle(up).overflow !== "visible") return true; } return false; };
  const shown = (each) => each.checkVisibility({ visibilityProperty: true, opacityProperty: true })
    && !each.closest(".sr, [aria-hidden=true], svg, .chart, option, script, style, template, [inert]");
  const said = (each) => `${each.tagName}.${each.className} "${each.textContent.trim().replace(/\\s+/g, " ").slice(0, 60)}"`;
  const scrolls = (each) => { for (let up = each; up && up !== root; up = up.parentElement) if (/auto|scroll/.test(getComputedStyle(up).overflowX)) return true; return false; };
  if (root.scrollWidth > innerWidth) faults.push(`${root.scrollWidth} wide`);
  const found = [...document.querySelectorAll("main .btn")].filter((each) => shown(each) && !isNothing(each) && !scrolls(each)).map((each) => [each, each.getBoundingClientRect()]);
  for (const each of document.body.querySelectorAll("*")) {
    const own = [...each.childNodes].filter((node) => node.nodeType === 3 && node.data.trim());
    if (!own.length || !shown(each) || isNothing(each)) continue;
    const style = getComputedStyle(each);
    if (style.overflowX !== "visible" && !/auto|scroll/.test(style.overflowX) && each.scrollWidth > each.clientWidth + 1) faults.push(`cut: ${said(each)}`);
    for (const node of own) {
      const range = document.createRange();
      range.selectNodeContents(node);
      for (const box of range.getClientRects()) {
        if (box.width < 2 || box.height < 2) continue;
        if ((box.left < -1 || box.right > innerWidth + 1) && !scrolls(each)) faults.push(`out of sight: ${said(each)}`);
        if (each.closest("main") && !scrolls(each)) found.push([each, box]);
      }
    }
  }
  for (const each of document.querySelectorAll("select:not([multiple])")) {
    if (!shown(each) || !each.selectedOptions.length) continue;
    const alone = each.cloneNode(false);
    alone.append(each.selectedOptions[0].cloneNode(true));
    Object.assign(alone.style, { inlineSize: "max-content", minInlineSize: "0", position: "absolute" });
    each.after(alone);
    if (alone.offsetWidth > each.offsetWidth + 1) faults.push(`cut: ${said(each.selectedOptions[0])}: ${each.offsetWidth} of ${alone.offsetWidth}`);
    alone.remove();
  }
  const sides = [...document.querySelectorAll(".chart__steps")].map((steps) => new Set([...steps.querySelectorAll("span")].flatMap((each) => {
    const node = each.firstChild, digit = node.data.search(/\\d/), sign = node.data.search(/[$€£]/);
    const at = (place) => { const range = document.createRange(); range.setStart(node, place); range.setEnd(node, place + 1); return range.getBoundingClientRect().left; };
    return sign < 0 ? [] : [at(sign) < at(digit)];
  })));
  if (sides.some((each) => each.size > 1)) faults.push("an axis has its currency on both sides");
  for (const words of document.querySelectorAll(".chart__plot .mark:not(.mark--hidden) text")) {
    const box = words.getBoundingClientRect(), plot = words.closest(".chart__plot").getBoundingClientRect();
    if (box.left < plot.left - 1 || box.right > plot.right + 1) faults.push(`out of its chart: ${said(words)}`);
  }
  for (let one = 0; one < found.length; one++) for (let other = one + 1; other < found.length; other++) {
    const [a, at] = found[one], [b, here] = found[other];
    if (a.contains(b) || b.contains(a)) continue;
    const wide = Math.min(at.right, here.right) - Math.max(at.left, here.left), high = Math.min(at.bottom, here.bottom) - Math.max(at.top, here.top);
    if (wide > 3 && high > 5) faults.push(`over another: ${said(a)} and ${said(b)}`);
  }
  return [...new Set(faults)];
}"""


def look_over(signs_in: Opens, name: str, paths: tuple[str, ...]) -> list[str]:
    """Return what is wrong with the pages on a phone whose reader speaks the language."""
    page, found = signs_in(**LOOK, locale=name), list[str]()
    page.set_default_navigation_timeout(120_000)
    for path in paths:
        page.goto(path)
        assert page.evaluate("document.documentElement.lang") == name, path
        found += [f"{name} {path}: {each}" for each in (*page.evaluate(FAULTS), *looks.findings(page))]
    return found


def asked_long_ago(customer: Customer) -> None:
    """Let an address for alerts have let its link run out: it can be asked again, and removed."""
    asked = clock.now() - timedelta(days=30)
    with as_service("ask"), transaction() as session:
        session.add(AlertRecipient(customer_id=customer.customer_id, email="finance@northwind.example", asked_at=asked))


@pytest.fixture
def live_server(app: Flask, settings: Settings) -> Iterator[Server]:
    """The portal in this process, where all languages are offered."""
    with serving_here(settings) as server:
        yield server


@pytest.fixture(autouse=True)
def offered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(language, "OFFERED", ("en", *LANGUAGES))


def test_a_page_with_a_form_a_select_and_a_table_fits_a_phone_in_german(signs_in: Opens, acme: Customer) -> None:
    assert look_over(signs_in, "de", ("/billing/invoice-notifications/", "/billing/usage/")) == []


@pytest.mark.proof
@pytest.mark.parametrize("name", LANGUAGES)
def test_every_page_fits_a_phone_in_every_language(
    app: Flask, signs_in: Opens, acme: Customer, alice_actor: Actor, name: str
) -> None:
    shop.add_method(alice_actor)
    invoices(acme, 10_050)
    spend.chooses(acme, "25", "20")
    spend.uses(acme, "23")
    asked_long_ago(acme)
    recharge.on(alice_actor)
    found = look_over(signs_in, name, (*PATHS, *MORE))
    assert found == [], "\n".join(found)
