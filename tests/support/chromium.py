"""The system's Chromium, driven by Playwright."""

import os
import shutil
from pathlib import Path

from playwright.sync_api import Browser, Playwright

WITHOUT_A_WINDOW = ("chromium-headless-shell",)
"""The same engine without what a window needs: a third of the CPU for each page. It keeps no settings of a person."""
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
MACOS = (
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
)
# A quiet browser: no first-run pages, updates or calls home.
FLAGS = [
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def launch(playwright: Playwright, *flags: str) -> Browser:
    """Start Chromium without a window."""
    args = [*FLAGS, *without_sandbox(), *flags]
    return playwright.chromium.launch(executable_path=path(), headless=True, args=args)


def without_sandbox() -> list[str]:
    """Return the flags that Chromium needs where root starts it."""
    return ["--no-sandbox"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []


def path(*, whole: bool = False) -> str:
    """Return where Chromium is, the `whole` browser or the smallest that is there, or say how to install it."""
    names = NAMES if whole else (*WITHOUT_A_WINDOW, *NAMES)
    found = next(filter(None, map(shutil.which, names)), None)
    found = found or next((each for each in MACOS if Path(each).exists()), None)
    if not found:
        raise RuntimeError(
            "The tests need Chromium. Run: apt-get install chromium  (macOS: brew install --cask chromium)"
        )
    return found
