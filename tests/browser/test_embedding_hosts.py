"""Kinds of hosts: pages with an embedder policy, the typed client, what a visit weighs, and what others send to the frame."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser as ChromiumBrowser
from playwright.sync_api import Frame, Page, expect

from app.domain.people.members import Actor
from tests.support import shop, typescript
from tests.support.cast import PASSWORD
from tests.support.host_page import HostPage, frame_of
from tests.support.server import Server

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
SHIFTS = """() => { window.moved = 0; new PerformanceObserver((list) => list.getEntries().forEach(
  (each) => (window.moved += each.value))).observe({ type: "layout-shift", buffered: true }) }"""
NETWORK = """() => performance.getEntriesByType("resource").filter((each) => each.transferSize)
  .map((each) => new URL(each.name).pathname).filter((path) => !path.endsWith("/balance-badge"))"""
"""What the frame's page took from the network: nothing of it came from the browser's cache. The badge asks by itself."""
START = """import { embed } from "/embed.js";
const url = async (view) => {
  const body = new URLSearchParams(view ? { view } : {});
  return (await (await fetch("/billing-session", { method: "POST", body })).json()).url;
};
window.lost = await embed("http://127.0.0.1:1").catch((problem) => problem.message);
const purser = await embed("PORTAL");
window.once = purser === (await embed("PORTAL"));
const place = document.querySelector("#billing");
window.billing = purser.mount(place, { url, view: "invoices", theme: { mode: "dark" }, title: "Your invoices" });
await window.billing.ready;
"""


@pytest.fixture
def page(chromium: ChromiumBrowser) -> Iterator[Page]:
    """A browser as it is installed, in which nobody has been here before."""
    context = chromium.new_context(viewport={"width": 1280, "height": 720})
    context.set_default_timeout(30_000)
    yield context.new_page()
    context.close()


def test_a_change_that_asks_for_the_password_is_made_with_a_window(
    host: HostPage, page: Page, alice_actor: Actor
) -> None:
    shop.add_method(alice_actor)
    page.goto(host.url)
    frame_of(page)
    frame = goes(page, "Payment methods")
    frame.get_by_role("link", name="Remove").click()
    frame.get_by_role("button", name="Remove it").click()
    with page.expect_popup() as opened:
        frame.get_by_role("link", name="Open the window").click()
    window = opened.value
    window.get_by_label("Password").fill(PASSWORD)
    window.keyboard.press("Enter")
    expect(window.locator("h1")).to_have_text("Done")
    window.close()
    frame.get_by_role("button", name="Go on").click()
    expect(frame.locator(".toast--ok")).to_contain_text("removed")
    assert host.asked == ["overview"], "a question for the password is no end of the session"


@pytest.mark.proof
@pytest.mark.parametrize("policy", ["require-corp", "credentialless"])
def test_a_host_that_is_isolated_from_other_origins_shows_the_frame(host: HostPage, page: Page, policy: str) -> None:
    host.headers = {"Cross-Origin-Embedder-Policy": policy, "Cross-Origin-Opener-Policy": "same-origin"}
    page.goto(host.url)
    frame_of(page)
    assert page.evaluate("crossOriginIsolated") is True
    frame = goes(page, "Balance history")
    with page.expect_download() as begun:
        frame.locator("a[download]", has_text="CSV").dispatch_event("click")
    assert begun.value.failure() is None
    frame = goes(page, "Invoice address")
    frame.locator("#invoice_address-save").click()
    expect(frame.get_by_text("Choose the country.")).to_be_visible()
    frame.goto(frame.url.replace("/billing/invoice-address/", "/billing/no-such-page"))
    expect(frame.locator("h1")).to_have_text("There is no such page")
    page.reload()
    frame_of(page)


@pytest.mark.proof
def test_nothing_moves_and_a_page_after_the_first_is_one_request(host: HostPage, page: Page) -> None:
    page.add_init_script(f"({SHIFTS})()")
    page.goto(host.url)
    frame = frame_of(page)
    page.wait_for_function("document.querySelector('iframe').getBoundingClientRect().height > 400")
    assert len(frame.evaluate(NETWORK)) > 1, "the first visit loads styles and scripts"

    asked: list[str] = []
    page.on("request", lambda sent: asked.append(sent.url) if "balance-badge" not in sent.url else None)
    goes(page, "Balance history")
    assert [each.rpartition("/billing/")[2] for each in asked] == ["balance-history"], "a link of the menu"
    page.reload()
    frame = frame_of(page)
    page.wait_for_function("document.querySelector('iframe').getBoundingClientRect().height > 400")
    assert frame.evaluate(NETWORK) == [], "a visit after the first loads its page and nothing else"
    for each in (page, frame):
        each.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
        assert each.evaluate("window.moved") == 0, each.url


@pytest.mark.proof
def test_the_typed_client_mounts_the_frame(host: HostPage, page: Page, live_server: Server, session_dir: Path) -> None:
    host.files = {
        "/": b'<!doctype html><title>Host</title><div id="billing"></div><script type="module" src="/start.js"></script>',
        "/start.js": START.replace("PORTAL", live_server.url).encode(),
        "/embed.js": (typescript.built(session_dir) / "embed.js").read_bytes(),
    }
    page.goto(host.url)
    frame = frame_of(page, "Invoices")
    assert page.evaluate("[lost, once]") == ["embed.js could not be loaded.", True]
    assert page.locator("iframe").get_attribute("title") == "Your invoices"
    expect(frame.locator("html")).to_have_attribute("data-theme", "dark")
    page.evaluate("billing.theme({ mode: 'light' })")
    expect(frame.locator("html")).to_have_attribute("data-theme", "light")
    page.evaluate("billing.open('usage')")
    frame_of(page, "Usage")
    assert host.asked == ["invoices", "usage"]


@pytest.mark.proof
def test_the_frame_hears_its_host_and_nobody_else(host: HostPage, page: Page, live_server: Server) -> None:
    page.goto(host.url)
    frame = frame_of(page)
    frame.evaluate("window.heard = []; window.addEventListener('message', ({ origin }) => window.heard.push(origin))")
    frame.evaluate("window.first = document.body")
    theme = "{ purser: 1, type: 'hello', theme: { mode: 'dark' } }"

    # another source at the host's own origin, and one at an origin that was never added
    page.evaluate("""() => new Promise((done) => {
      const other = Object.assign(document.createElement("iframe"), { srcdoc: "<p>other</p>", onload: done });
      document.body.append(other) })""")
    for other in [each for each in page.frames[1:] if each is not frame]:
        other.evaluate(f"parent.frames[0].postMessage({theme}, '*')")
    frame.evaluate(f"window.postMessage({theme}, '*')")
    session = f"{live_server.url}/embedded/{'x' * 43}"
    frame.wait_for_function("window.heard.length >= 2")
    assert frame.locator("html").get_attribute("data-theme") != "dark"

    # the host itself: a session that is no link of the portal's, and one that nobody asked for
    for address in (
        "https://evil.example/embedded/x",
        f"{live_server.url}/billing/plan/",
        "javascript:alert(1)",
        session,
    ):
        page.evaluate(
            "([url, to]) => frames[0].postMessage({ purser: 1, type: 'session', url }, to)", [address, live_server.url]
        )
    page.evaluate(f"(to) => frames[0].postMessage({theme}, to)", live_server.url)
    expect(frame.locator("html")).to_have_attribute("data-theme", "dark")
    assert frame.evaluate("window.first === document.body") is True


def goes(page: Page, title: str) -> Frame:
    """Follow the menu of the frame to the page of this title."""
    menu = page.frames[1].locator("details.menu")
    menu.locator("> summary").click()
    menu.get_by_role("link", name=title).click()
    return frame_of(page, title)
