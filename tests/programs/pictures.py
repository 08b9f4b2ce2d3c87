"""`make pictures`: every page of the demo as a picture, in light, dark, narrow and on paper, with heights and words.

    python -m tests.programs.pictures --base http://127.0.0.1:8000 --into FOLDER [--member EMAIL] [PATH …]

It signs in to a demo that runs already; `make pictures` starts one with a short history. What it prints is a table: how
high each page is at 1,360 and at 380 pixels, and how many words it shows.
"""

import argparse
import re
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from tests.support import chromium
from tests.support.server import free_port
from tests.support.words_on_pages import sign_in, words

ROOT = Path(__file__).resolve().parents[2]
MEMBER = "nora@northwind.example"
PAGES = (
    "/billing/",
    "/billing/usage/",
    "/billing/add-credits/",
    "/billing/balance-history",
    "/billing/spend-management/",
    "/billing/spend-management/webhook",
    "/billing/payment-methods/",
)
WIDE, NARROW = {"width": 1360, "height": 900}, {"width": 380, "height": 800}
LOOKS = {
    "light": {"color_scheme": "light", "viewport": WIDE},
    "dark": {"color_scheme": "dark", "viewport": WIDE},
    "380": {"color_scheme": "light", "viewport": NARROW, "has_touch": True},
}


def main() -> None:
    """Make the pictures, and print how high the pages are and how many words they show."""
    asked = _arguments()
    asked.into.mkdir(parents=True, exist_ok=True)
    paths = asked.paths or [*PAGES]
    measured: dict[str, dict[str, int]] = {path: {} for path in paths}
    with _demo(asked.base) as base, sync_playwright() as playwright:
        browser = chromium.launch(playwright)
        for look, options in LOOKS.items():
            page = _signed_in(browser, base, asked.member, options)
            for path in paths:
                measured[path] |= _shoot(page, path, look, asked.into)
    print(f"{'page':44}{'at 1360':>8}{'at 380':>8}{'words':>7}")
    for path, each in measured.items():
        print(f"{path:44}{each['light']:8,}{each['380']:8,}{each['words']:7,}")


def _signed_in(browser: Browser, base: str, email: str, options: dict[str, object]) -> Page:
    page = browser.new_context(base_url=base, **options).new_page()  # type: ignore[arg-type]  # as they are above
    sign_in(page, email)
    return page


def _shoot(page: Page, path: str, look: str, into: Path) -> dict[str, int]:
    """Take the page's picture in this look, and on paper beside the light one; return what was measured."""
    answer = page.goto(path)
    if answer is None or not answer.ok:
        raise SystemExit(f"{path} answered {answer and answer.status}")
    page.wait_for_load_state("networkidle")
    name = re.sub(r"\W+", "_", path.removeprefix("/billing")).strip("_") or "overview"
    page.screenshot(path=into / f"{name}.{look}.png", full_page=True)
    if look == "light":
        page.emulate_media(media="print")
        page.screenshot(path=into / f"{name}.print.png", full_page=True)
        page.emulate_media(media="screen")
    return {look: page.evaluate("document.documentElement.scrollHeight"), "words": len(words(page))}


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
            yield f"http://127.0.0.1:{port}"
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(60)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.programs.pictures")
    parser.add_argument("--base", default="", help="the address of a demo that runs; without it one is started")
    parser.add_argument("--into", type=Path, default=Path("pictures"), help="the folder for the pictures")
    parser.add_argument("--member", default=MEMBER, help="who signs in")
    parser.add_argument("paths", nargs="*", help="the pages; without them all of them")
    return parser.parse_args()


if __name__ == "__main__":
    main()
