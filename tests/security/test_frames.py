"""The portal in a frame: its token stands in its own addresses and nowhere else, and it is as light as was promised."""

import gzip
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from flask import Flask

from app.domain.people.members import Actor
from app.web.assets import joined
from tests.support.browser import Browser, Page
from tests.support.host import IN_A_FRAME, Host, host_of, policy_of
from tests.support.routes import path_of, paths_of, rules_of

STATIC = Path(__file__).resolve().parent.parent.parent / "app" / "static"
ADDRESSES = ("href", "src", "action", "formaction", "data-source", "hx-get", "hx-post", "hx-push-url")
TOKEN_PAGES = {
    "sign_in", "confirm_access", "resume", "automatic_charge", "weekly_digest", "confirm_email", "confirm_billing_email", "join", "invitation", "access_link",
}  # fmt: skip
"""Pages with a password, and those whose address is the proof."""
HTML, FIRST_VISIT, FOR_HOSTS = 12 * 1024, 90 * 1024, 2 * 1024


@pytest.fixture
def host(app: Flask, origin: str, alice_actor: Actor) -> Host:
    """A host product that shows the portal to Alice."""
    return host_of(app, origin, alice_actor)


def _elsewhere(page: Page, root: str) -> str:
    """Return the page without the addresses that begin with the token."""
    for element in page.soup.find_all():
        for name in ADDRESSES:
            if str(element.get(name, "")).startswith(f"{root}/"):
                del element[name]
    return str(page.soup)


@pytest.mark.case("AC-93")
def test_the_token_stands_in_the_frames_own_addresses_alone(
    app: Flask, host: Host, capfd: pytest.CaptureFixture[str]
) -> None:
    frame = host.frame(cookies=False)
    root, token = frame.root, frame.root.rpartition("/")[2]
    assert len(token) == 43
    for path in [*paths_of(app), "/no-such-page", "/billing/invoices/%00"]:
        if path.startswith(("/v1", "/dev")):
            continue
        answer = frame.client.get(root + path, base_url=frame.origin)
        for name, value in answer.headers.items():
            leads = name in {"Location", "HX-Redirect", "HX-Push-Url"} and value.startswith(f"{root}/")
            assert token not in value or leads, (path, name)
        page = Page(root + path, answer)
        if answer.mimetype == "text/html" and answer.status_code not in {301, 302, 303, 308}:
            assert token not in _elsewhere(page, root), path
        elif answer.mimetype != "text/html":
            assert token.encode() not in answer.data, path
        for element in page.soup.select("[href], [src], [action]"):
            to = str(element.get("href") or element.get("src") or element.get("action"))
            if to.startswith("/") and answer.status_code == 200 and frame_of_ours(page):
                own = to.startswith(("/static/", f"{root}/", "/embedded/theme.css"))
                assert own, (path, to)
    assert token not in "".join(capfd.readouterr())


def frame_of_ours(page: Page) -> bool:
    """Whether the page is one that a frame shows."""
    return "frame-ancestors 'none'" not in page.response.headers["Content-Security-Policy"]


def test_a_page_in_a_frame_is_light(app: Flask, host: Host) -> None:
    frame = host.frame(theme={"mode": "dark", "accent": "#0f766e"})
    page = frame.page
    html = len(gzip.compress(page.response.data))
    styles, scripts = joined(STATIC, demo=False)
    names = [urlsplit(str(each.get("src") or each.get("href"))).path for each in page.soup.select("script, head link")]
    assert len(names) == 5 and not any(name.endswith(".woff2") for name in names), "no typeface is loaded"
    files = [styles.content.encode(), scripts.content.encode(), (STATIC / "frame.js").read_bytes()]
    everything = html + sum(len(gzip.compress(each)) for each in files) + 1024
    assert html <= HTML, html
    assert everything <= FIRST_VISIT, everything
    print(f"Overview in a frame: {html} bytes of HTML, {everything} with everything, compressed")


def test_the_hosts_script_is_two_kilobytes_and_posts_to_nobody_in_particular() -> None:
    scripts = {name: (STATIC / name).read_text() for name in ("embed.js", "frame.js")}
    assert len(scripts["embed.js"].encode()) <= FOR_HOSTS
    for name, script in scripts.items():
        assert '"*"' not in script and "'*'" not in script, name
        assert script.count("postMessage(") == 1, name


def test_what_a_host_sets_is_seen_on_the_page(app: Flask, host: Host) -> None:
    frame = host.frame(theme={"mode": "dark", "accent": "#0F766E", "radius": 4, "font": "portal"})
    assert frame.page.find("html")["data-theme"] == "dark" and frame.page.find("html").has_attr("data-embed")
    address = str(frame.page.find("link[data-look]")["href"])
    answer = frame.client.get(address, base_url=frame.origin)
    assert answer.mimetype == "text/css" and "immutable" in answer.headers["Cache-Control"]
    assert "--accent:light-dark(#0f766e,#" in answer.text and "--radius:4px" in answer.text
    for wrong in ("accent=red", "accent=%23000000%7D*%7Bx:y", "radius=99", "evil=1"):
        assert frame.client.get(f"/embedded/theme.css?{wrong}", base_url=frame.origin).status_code == 404, wrong
    token = str(frame.page.find("body")["hx-headers:inherited"]).split('"')[3]
    changed = frame.posts("/embedded/theme", {"csrf_token": token, "mode": "light"})
    assert (changed.status, changed.response.text) == (200, "")
    assert frame.opens("/billing/").find("html")["data-theme"] == "light"


def test_what_asks_for_a_password_or_has_a_token_in_its_address_is_never_framed(
    app: Flask, host: Host, alice: Browser, visitor: Browser
) -> None:
    """Clickjacking: with origins added, to strangers, to a member with a sign-in, and in a frame in both ways."""
    browsers = [("", visitor), ("", alice), ("", host.frame()), ((frame := host.frame(cookies=False)).root, frame)]
    rules = [
        each
        for each in rules_of(app)
        if each.endpoint.partition(".")[0] in TOKEN_PAGES and "GET" in (each.methods or ())
    ]
    assert {each.endpoint.partition(".")[0] for each in rules} == TOKEN_PAGES
    for root, browser in browsers:
        for rule in rules:
            answer = browser.client.get(root + path_of(app, rule), base_url=browser.origin, headers=IN_A_FRAME)
            allowed = policy_of(Page("", answer))
            assert allowed == "'none'" or b'data-over aria-labelledby="portal_session-title"' in answer.data, rule.rule
            assert b'type="password"' not in answer.data or allowed == "'none'", rule.rule
