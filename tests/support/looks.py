"""How a page is looked at: in which looks, and what is wrong with it there, for the browser's tests and the pictures."""

from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

RULES = {
    "runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]},
    "resultTypes": ["violations"],
}
WRONG = """async ([within, rules]) => (await axe.run(within ?? document, rules)).violations.map(each => ({
  id: each.id, nodes: each.nodes.map(node => ({ html: node.html })) }))"""
"""What is wrong, and no more: to hand over what is right takes longer than to look at it."""
LOOKS: dict[str, dict[str, Any]] = {
    "light": {"color_scheme": "light", "viewport": {"width": 1360, "height": 900}},
    "dark": {"color_scheme": "dark", "viewport": {"width": 1360, "height": 900}},
    "narrow": {"color_scheme": "light", "viewport": {"width": 380, "height": 800}},
    "narrow dark": {"color_scheme": "dark", "viewport": {"width": 380, "height": 800}},
}


AT_REST = """async () => {
  for (let frame = 0; frame < 2; frame++) await new Promise(requestAnimationFrame);
  const ends = document.getAnimations().filter(each => each.effect?.getTiming().iterations !== Infinity);
  await Promise.all(ends.map(each => each.finished.catch(() => {})));
}"""


def findings(page: Page, within: str | None = None) -> list[str]:
    """Return what axe finds on the page, or in what matches there, and whether it scrolls sideways.

    From its top: axe takes a field that is scrolled halfway under the menu for one that is too small to press. And at
    rest: half way from one colour to another it finds too little contrast.
    """
    page.evaluate("window.scrollTo({top: 0, behavior: 'instant'})")
    page.evaluate(AT_REST)
    if not page.evaluate("'axe' in window"):
        page.evaluate(Axe().axe_script)
    found = page.evaluate(WRONG, [within, RULES])
    said = [f"{each['id']}: {' '.join(node['html'][:200] for node in each['nodes'])}" for each in found]
    return [*said, *sideways(page)]


def sideways(page: Page) -> list[str]:
    """Return how much wider than its window the page is; nothing where it fits."""
    wide, seen = page.evaluate("[document.documentElement.scrollWidth, document.documentElement.clientWidth]")
    return [f"it is {wide} wide in {seen}"] if wide > seen else []


def outside(page: Page) -> list[str]:
    """Return what sticks out of its card, and is not scrolled there."""
    found: list[str] = page.evaluate(
        """() => [...document.querySelectorAll("main .card")].flatMap(card => {
          const own = card.getBoundingClientRect();
          return [...card.querySelectorAll("*")].filter(each => {
            const box = each.getBoundingClientRect();
            if (box.width < 2 || box.height < 2 || each.closest("svg, .tip, .sr")) return false;
            for (let up = each.parentElement; up && up !== card; up = up.parentElement)
              if (getComputedStyle(up).overflowX !== "visible") return false;
            return box.right > own.right + 1 || box.left < own.left - 1;
          }).map(each => each.outerHTML.slice(0, 120));
        })"""
    )
    return found


def blank(page: Page) -> list[str]:
    """Return the cards of the page that are empty for more than a sixth of their height below what they hold."""
    found: list[str] = page.evaluate(
        """() => [...document.querySelectorAll(".grid > .card")].filter(card => {
          const box = card.getBoundingClientRect();
          const held = [...card.querySelectorAll("*")].filter(each => !each.children.length || each.tagName === "svg")
            .map(each => each.getBoundingClientRect()).filter(each => each.height > 1 && each.width > 1);
          const within = box.bottom - parseFloat(getComputedStyle(card).paddingBottom);
          return within - Math.max(...held.map(each => each.bottom)) > box.height / 6;
        }).map(card => card.id)"""
    )
    return found
