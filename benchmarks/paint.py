"""When a member sees something of the Overview in a host's page on a slow line, beside an empty page in the same frame.

    python -m benchmarks.paint [--keep]

Chromium is slowed down by its own tools: each request waits for a round trip, bytes come at the line's pace, scripts
run at a quarter of their speed. The times are first contentful paints of the frame's document, from the start of its
own way: for the Overview the link with its redirect, the page and its styles.
"""

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from statistics import median

from playwright.sync_api import Browser, BrowserContext, Error, Frame, sync_playwright

from app.services.access import api_keys, frame_origins
from benchmarks import filling, report
from benchmarks.places import Place, places
from benchmarks.timing import Count, Ratio
from tests.support.chromium import launch
from tests.support.host_page import HostPage, serving_host
from tests.support.server import serving

PART = "first paint in the frame"
ROUNDS, ROWS = 5, 1_000
ROUND_TRIP_MS, BYTES_A_SECOND, TIMES_SLOWER = 400, 400_000 // 8, 4
FLOOR = "/floor"
"""Of the host: its page with the empty page of the portal's origin in the frame."""
MOST_MS = 120_000
PAINTED = """() => new Promise((done) => new PerformanceObserver((list) => {
  const first = list.getEntriesByName("first-contentful-paint")[0];
  if (first) done(first.startTime);
}).observe({ type: "paint", buffered: true }))"""


def measure(place: Place) -> list[Ratio | Count]:
    """Measure visits by turns: the first one in a browser, and the next one in the same."""
    customer, actor, _browser = place.customer("Painted")
    filling.fill(place, customer, ROWS, salt=3)
    _row, key = api_keys.create("benchmark of paint", ["embed:create"])
    body = {"customer": actor.customer_id, "member_email": actor.email}
    took: dict[str, list[float]] = {"first": [], "return": [], "floor": []}
    with (
        tempfile.TemporaryDirectory() as directory,
        serving(place.settings, Path(directory), "benchmarks.served:app") as portal,
        serving_host(portal, key, body) as host,
        _chromium() as browser,
    ):
        frame_origins.add(host.url, by="a benchmark")
        host.files[FLOOR] = f'<!doctype html><title>Host</title><iframe src="{portal.url}/benchmarks/page">'.encode()
        floor, overview = partial(_floor, browser, host, took), partial(_overview, browser, host, took)
        for number in range(ROUNDS):
            for visit in (floor, overview) if number % 2 else (overview, floor):
                visit()
    return [
        _ratio(place, "a first visit to Overview", took["first"], took["floor"]),
        _ratio(place, "a visit after the first", took["return"], took["floor"]),
    ]


def _ratio(place: Place, name: str, times: list[float], floor: list[float]) -> Ratio:
    detail = f"{median(times):,.0f} ms ({min(times):,.0f} to {max(times):,.0f}) to {median(floor):,.0f} ms "
    detail += f"({min(floor):,.0f} to {max(floor):,.0f})"
    return Ratio(f"{PART}: {name} to an empty page", place.kind, median(times) / median(floor), None, detail)


def _floor(browser: Browser, host: HostPage, took: dict[str, list[float]]) -> None:
    context = browser.new_context()
    for _ in range(2):  # as often as the Overview
        took["floor"].append(_painted(context, host.url + FLOOR))
    context.close()


def _overview(browser: Browser, host: HostPage, took: dict[str, list[float]]) -> None:
    context = browser.new_context()
    for visit in ("first", "return"):
        took[visit].append(_painted(context, host.url))
    context.close()


def _painted(context: BrowserContext, url: str) -> float:
    """Open the host's page in a slow browser; return the milliseconds until the frame's document has painted."""
    page = context.new_page()
    page.set_default_timeout(MOST_MS)
    tools = context.new_cdp_session(page)
    tools.send("Network.enable")
    line = {"downloadThroughput": BYTES_A_SECOND, "uploadThroughput": BYTES_A_SECOND}
    tools.send("Network.emulateNetworkConditions", {"offline": False, "latency": ROUND_TRIP_MS, **line})
    tools.send("Emulation.setCPUThrottlingRate", {"rate": TIMES_SLOWER})
    page.goto(url)
    page.frame_locator("iframe").locator("h1").wait_for()
    page.wait_for_load_state("load")
    frame = page.frames[1]
    _is_slow_too(context, frame)
    painted: float = frame.evaluate(PAINTED)
    page.close()
    if painted < ROUND_TRIP_MS:
        raise RuntimeError(f"{url} was painted after {painted} ms: its line was not slowed down")
    return painted


def _is_slow_too(context: BrowserContext, frame: Frame) -> None:
    """Make sure that the frame has no process of its own, which the page's tools would not slow down."""
    try:
        context.new_cdp_session(frame)
    except Error:
        return
    raise RuntimeError("the frame is in a process of its own, at full speed")


@contextmanager
def _chromium() -> Iterator[Browser]:
    """A Chromium that keeps a page and its frames in one process."""
    with sync_playwright() as playwright:
        browser = launch(playwright, "--disable-site-isolation-trials")
        yield browser
        browser.close()


def main() -> None:
    """Measure on SQLite alone and print it; with `--keep`, put it into the results."""
    os.environ.setdefault("LOG_FORMAT", "console")
    with places() as offered:
        found = measure(next(offered))
    for each in found:
        print(each)
    if "--keep" in sys.argv:
        report.replace(PART, found)


if __name__ == "__main__":
    main()
