"""`make pictures`: the demo's pages as pictures, in light, dark, narrow and on paper, and what is wrong with them.

    python -m tests.programs.pictures --base http://localhost:8000 --into FOLDER [--member EMAIL] [PATH …]

It signs in to a demo that runs already; `make pictures` starts one with a short history. Beside the pictures it writes
`pages.md`: how high each page is at 1,360 and at 380 pixels, how many words it shows, how large its HTML is, and what
axe, the console or a window that is too narrow complain of in any look. It ends with 1 where they complain.
"""

import argparse
import gzip
import re
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, ConsoleMessage, Page, sync_playwright

from tests.support import chromium
from tests.support.looks import LOOKS, blank, findings, sideways
from tests.support.ports import free_port
from tests.support.words_on_pages import sign_in, words

ROOT = Path(__file__).resolve().parents[2]
MEMBERS = ("nora@northwind.example", "lucia@lumen.example", "theo@tidewater.example", "sara@solstice.example")
"""One with credit, one whose credit is tokens, one in trouble, one who is new."""
PAGES = (
    "/billing/",
    "/billing/usage/",
    "/billing/add-credits/",
    "/billing/balance-history",
    "/billing/spend-management/",
    "/billing/spend-management/webhook",
    "/billing/spend-management/log",
    "/billing/auto-recharge/",
    "/billing/payment-methods/",
)
PAPER: Any = {"width": 718, "height": 1000}
"""A4 between its margins."""


@dataclass
class Measured:
    """What was measured of a page."""

    heights: dict[str, int] = field(default_factory=dict)
    words: int = 0
    size: int = 0
    """Of the HTML, compressed."""
    found: list[str] = field(default_factory=list)


def main() -> None:
    """Make the pictures, write what was measured, and complain where the pages are wrong."""
    asked = _arguments()
    asked.into.mkdir(parents=True, exist_ok=True)
    measured: dict[tuple[str, str], Measured] = {}
    with _demo(asked.base) as base, sync_playwright() as playwright:
        browser = chromium.launch(playwright)
        for member in asked.member or MEMBERS:
            for look, options in LOOKS.items():
                page = _signed_in(browser, base, member, options)
                for path in asked.paths or PAGES:
                    _look(page, member, path, look, asked.into, measured)
                page.context.close()
    said = _written(measured)
    (asked.into / "pages.md").write_text(said)
    print(said)
    sys.exit(any(each.found for each in measured.values()))


def _signed_in(browser: Browser, base: str, email: str, options: dict[str, Any]) -> Page:
    options = {**options, "has_touch": "narrow" in str(options)}
    page = browser.new_context(base_url=base, **options).new_page()
    sign_in(page, email)
    return page


def _look(page: Page, member: str, path: str, look: str, into: Path, measured: dict[tuple[str, str], Measured]) -> None:
    """Take the page's picture in this look, and on paper beside the light one; note what was measured."""
    each = measured.setdefault((member, path), Measured())
    complaints: list[str] = []

    def hear(said: ConsoleMessage) -> None:
        if said.type in {"error", "warning"}:
            complaints.append(f"console: {said.text}")

    page.on("console", hear)
    answer = page.goto(path)
    if answer is None or answer.status not in {200, 404}:
        raise SystemExit(f"{path} answered {answer and answer.status}")
    page.evaluate("document.fonts.ready.then(() => true)")
    name = re.sub(r"\W+", "_", path.removeprefix("/billing")).strip("_") or "overview"
    name = f"{name}.{member.partition('@')[2].partition('.')[0]}"
    page.screenshot(path=into / f"{name}.{look.replace(' ', '_')}.png", full_page=True)
    each.heights[look] = page.evaluate("document.documentElement.scrollHeight")
    if answer.status == 200:
        complaints += [*findings(page), *(f"{card} is half empty" for card in blank(page))]
    if look == "light":
        each.words, each.size = len(words(page)), len(gzip.compress(answer.body(), 6))
        page.emulate_media(media="print")
        page.set_viewport_size(PAPER)
        page.screenshot(path=into / f"{name}.print.png", full_page=True)
        each.found += [f"print: {said}" for said in sideways(page)]
        page.emulate_media(media="screen")
        page.set_viewport_size(LOOKS[look]["viewport"])
    page.remove_listener("console", hear)
    each.found += [f"{look}: {said}" for said in complaints if answer.status == 200]


def _written(measured: dict[tuple[str, str], Measured]) -> str:
    """Return what was measured as a table, and below it what is wrong."""
    rows = [
        f"| {member} | {path} | {each.heights['light']:,} | {each.heights['narrow']:,} | {each.words:,} "
        f"| {each.size:,} | {len(each.found)} |"
        for (member, path), each in measured.items()
    ]
    wrong = [
        f"- {member} {path}: {said}" for (member, path), each in measured.items() for said in dict.fromkeys(each.found)
    ]
    head = "| member | page | at 1360 | at 380 | words | HTML, compressed | findings |\n|---|---|--:|--:|--:|--:|--:|"
    return "\n".join([head, *rows, "", *(wrong or ["Nothing is wrong."]), ""])


@contextmanager
def _demo(base: str) -> Iterator[str]:
    """Give the address of the demo: the one that runs, or one of our own that ends with the block."""
    if base:
        yield base
        return
    port = free_port()
    with tempfile.TemporaryDirectory() as directory:
        command = [sys.executable, "-m", "app.demo", "--port", str(port), "--months", "4", "--directory", directory]
        process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
        try:
            ready = any("Ctrl-C ends it" in line for line in process.stdout or ())
            if not ready:
                raise SystemExit("The demo did not start.")
            yield f"http://localhost:{port}"
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(60)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.programs.pictures")
    parser.add_argument("--base", default="", help="the address of a demo that runs; without it one is started")
    parser.add_argument("--into", type=Path, default=Path("pictures"), help="the folder for the pictures")
    parser.add_argument("--member", action="append", help="who signs in; without it one with credit and three others")
    parser.add_argument("paths", nargs="*", help="the pages; without them all of them")
    return parser.parse_args()


if __name__ == "__main__":
    main()
