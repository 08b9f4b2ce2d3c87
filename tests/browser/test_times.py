"""Moments in the reader's zone, and the exact value behind the one shown: by pointer, keyboard and tap, and on paper."""

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser as ChromiumBrowser
from playwright.sync_api import Locator, Page, expect

from app.domain.money import Credits
from app.models.customers import Customer
from app.web import filters
from tests.browser.conftest import Opens
from tests.browser.test_spine import is_clean
from tests.support import tiers
from tests.support.spend import gives

STATIC = Path(__file__).resolve().parents[2] / "app" / "static"
NOW = datetime(2026, 11, 28, 9, 19, 30, tzinfo=UTC)
FINER = Credits(12_345_678)
Reads = Callable[..., Page]


@pytest.fixture
def reads(chromium: ChromiumBrowser) -> Iterator[Reads]:
    """Open a page of these figures and moments as a reader in that zone, at that time."""
    contexts = []

    def read(body: str, zone: str = "Europe/Berlin", now: datetime = NOW, **options: object) -> Page:
        context = chromium.new_context(timezone_id=zone, **options)  # type: ignore[arg-type]  # as given
        contexts.append(context)
        page = context.new_page()
        page.clock.install(time=now)
        page.set_content(f'<!doctype html><html lang="en"><title>Times</title><main><h1>Times</h1>{body}</main></html>')
        for each in ("portal.css", "figures.css"):
            page.add_style_tag(path=STATIC / each)
        for each in ("figures.js", "times.js"):
            page.add_script_tag(path=STATIC / each)
        return page

    yield read
    for context in contexts:
        context.close()


def _lines(moments: list[filters.Time]) -> str:
    return "".join(f"<p>{each.__html__()}</p>" for each in moments)


def _shown(page: Page) -> str:
    """Return what a reader sees of the first moment: without its tip."""
    return page.locator("main time").first.inner_text().strip()


@pytest.mark.case("AC-57")
@pytest.mark.parametrize(
    ("zone", "moments"),
    [
        (
            "Europe/Berlin",
            {
                "2026-03-28T23:30:00": "29 Mar 2026, 00:30 UTC+1",  # the night in which the clocks are put on
                "2026-03-29T00:59:00": "29 Mar 2026, 01:59 UTC+1",
                "2026-03-29T01:00:00": "29 Mar 2026, 03:00 UTC+2",
                "2026-10-25T00:30:00": "25 Oct 2026, 02:30 UTC+2",  # and back: the same hour twice
                "2026-10-25T01:30:00": "25 Oct 2026, 02:30 UTC+1",
            },
        ),
        ("Asia/Kathmandu", {"2026-12-31T18:15:00": "1 Jan 2027, 00:00 UTC+5:45"}),
        ("America/Los_Angeles", {"2026-09-01T06:59:00": "31 Aug 2026, 23:59 UTC−7"}),
        ("UTC", {"2026-09-05T00:00:00": "5 Sep 2026, 00:00 UTC"}),
    ],
)
def test_a_moment_is_shown_in_the_readers_zone(reads: Reads, zone: str, moments: dict[str, str]) -> None:
    body = _lines([filters.moment(datetime.fromisoformat(at).replace(tzinfo=UTC)) for at in moments])
    assert reads(body, zone).locator("time").all_inner_texts() == list(moments.values())


def test_utc_is_a_step_away_and_on_paper(reads: Reads) -> None:
    page = reads(f"<p>{filters.moment(NOW).__html__()}</p>")
    tip = page.locator("time .tip")
    expect(tip).to_have_text("28 Nov 2026, 09:19 UTC")
    expect(tip).to_be_hidden()
    page.locator("time").hover()
    expect(tip).to_be_visible()
    page.mouse.move(0, 0)
    expect(tip).to_be_hidden()
    page.keyboard.press("Tab")
    expect(tip).to_be_visible()
    page.emulate_media(media="print")
    assert _shown(page) == "28 Nov 2026, 09:19 UTC"


def test_a_recent_moment_is_shown_as_how_long_ago_it_was(reads: Reads) -> None:
    before = {
        timedelta(seconds=20): "just now",
        timedelta(seconds=-30): "just now",
        timedelta(minutes=1, seconds=15): "1 minute ago",
        timedelta(minutes=59, seconds=15): "59 minutes ago",
        timedelta(hours=1): "1 hour ago",
        timedelta(hours=23, minutes=59): "23 hours ago",
        timedelta(hours=24): "27 Nov 2026, 10:19 UTC+1",
        timedelta(hours=-2): "28 Nov 2026, 12:19 UTC+1",
    }
    page = reads(_lines([filters.ago(NOW - each) for each in before]))
    assert page.locator("time").all_inner_texts() == list(before.values())


def test_how_long_ago_it_was_is_kept_fresh_and_absolute_on_paper(reads: Reads) -> None:
    page = reads(filters.ago(NOW).__html__())
    assert _shown(page) == "just now"
    page.clock.fast_forward("05:00")
    assert _shown(page) == "5 minutes ago"
    page.emulate_media(media="print")
    assert _shown(page) == "28 Nov 2026, 10:19 UTC+1 (28 Nov 2026, 09:19 UTC)"
    page.emulate_media(media="screen")
    page.clock.fast_forward("24:00:00")
    assert _shown(page) == "28 Nov 2026, 10:19 UTC+1"


def test_a_deadline_is_said_in_utc_and_beside_it_in_the_readers_time(reads: Reads) -> None:
    midnight = filters.time_of_day(datetime(2026, 11, 29, tzinfo=UTC)).__html__()
    assert _shown(reads(midnight)) == "00:00 UTC, 01:00 your time"
    assert _shown(reads(midnight, "UTC")) == "00:00 UTC"


def test_a_utc_day_is_the_same_everywhere(reads: Reads) -> None:
    page = reads(filters.day(NOW, utc=True), "Pacific/Auckland")
    assert _shown(page) == "28 Nov 2026 (UTC)"
    expect(page.locator("time .tip")).to_have_count(0)


def test_a_moment_that_came_by_a_swap_is_shown_in_the_readers_zone_once(reads: Reads) -> None:
    page = reads("")
    swap = """words => { document.querySelector("main").innerHTML = words;
      for (const _ of [1, 2]) document.dispatchEvent(new CustomEvent("htmx:after:swap")); }"""
    page.evaluate(swap, filters.moment(NOW).__html__())
    assert _shown(page) == "28 Nov 2026, 10:19 UTC+1"
    page.evaluate(swap, filters.time_of_day(NOW).__html__())
    assert _shown(page) == "09:19 UTC, 10:19 your time"


def _figure(**options: bool) -> str:
    return filters.balance(FINER, "USD", **options).__html__()


def _steps(page: Page, tip: Locator) -> None:
    expect(tip).to_be_hidden()
    page.keyboard.press("Tab")
    expect(tip).to_be_visible()
    page.keyboard.press("Escape")
    expect(tip).to_be_hidden()


@pytest.mark.parametrize("scheme", tiers.some(1, ["light", "dark"]))
def test_the_exact_amount_is_shown_by_hover_focus_and_tap(reads: Reads, scheme: str) -> None:
    page = reads(f"<p>You have {_figure()} left.</p>", color_scheme=scheme, has_touch=True)
    tip, amount = page.locator(".amount .tip"), page.locator(".amount")
    assert amount.inner_text() == "$12.34"
    _steps(page, tip)
    page.locator("h1").click()
    amount.hover()
    expect(tip).to_have_text(", exactly $12.345678")
    expect(tip).to_be_visible()
    is_clean(page, "a tip")
    tip.hover()
    expect(tip).to_be_visible()
    page.mouse.move(0, 300)
    expect(tip).to_be_hidden()
    amount.tap()
    expect(tip).to_be_visible()
    page.emulate_media(media="print")
    expect(tip).to_be_hidden()


def test_a_rows_link_shows_the_exact_amounts_of_its_row(reads: Reads) -> None:
    row = '<tr><td><a href="#{0}">Row {0}</a></td><td class="end">{1}</td></tr>'
    amount = _figure(focus=False)
    page = reads(f"<table>{row.format(1, amount)}{row.format(2, amount)}</table>")
    first, second = page.locator("tr .tip").first, page.locator("tr .tip").last
    expect(first).to_be_hidden()
    page.keyboard.press("Tab")
    expect(first).to_be_visible()
    expect(second).to_be_hidden()
    page.keyboard.press("Tab")
    expect(second).to_be_visible()
    expect(first).to_be_hidden()


def test_the_pages_show_their_moments_in_the_readers_zone(signs_in: Opens, acme: Customer) -> None:
    gives(acme, "25")
    page = signs_in(timezone_id="Asia/Kathmandu")
    page.goto("/billing/balance-history?view=rows")
    moment = page.locator("main time[datetime*=T]").first
    expect(moment.locator(".tip")).to_contain_text(re.compile("UTC$"))
    expect(moment.locator(".when")).to_contain_text(re.compile(r"UTC\+5:45$"))
