"""A host's page for a browser: on localhost, which is another site than the portal's 127.0.0.1."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs

import requests
from playwright.sync_api import BrowserContext, BrowserType, Frame, Page, expect

from tests.support import chromium
from tests.support.server import Server

THIRD_PARTY, ALL = "third-party cookies blocked", "all cookies blocked"
ALLOWED, BLOCKED = 1, 2


@dataclass
class HostPage:
    """The host's server: a page with the frame, and the route that makes links."""

    portal: Server
    key: str
    body: dict[str, str]
    url: str = ""
    failures: list[bytes] = field(default_factory=list)
    """What the route answers instead of a link, one for each time that it is asked."""
    asked: list[str] = field(default_factory=list)
    """The views that links were asked for."""
    headers: dict[str, str] = field(default_factory=dict)
    """What the page is sent with."""
    files: dict[str, bytes] = field(default_factory=dict)
    """Scripts and other pages of the host, by their paths."""

    def page(self) -> bytes:
        """The page."""
        script = f'<script src="{self.portal.url}/static/embed.js" defer></script>'
        place = '<div data-purser="/billing-session" data-view="overview" style="min-height: 100vh"></div>'
        return f'<!doctype html><title>Host</title>{script}<h1>Host</h1>{place}<p id="foot">Foot</p>'.encode()

    def link(self, view: str) -> bytes:
        """A link for the frame, as JSON."""
        self.asked.append(view)
        answer = requests.post(
            f"{self.portal.url}/v1/portal_sessions",
            json={**self.body, "view": view or "overview"},
            headers={"Authorization": f"Bearer {self.key}"},
            timeout=60,
        )
        return json.dumps(answer.json()).encode()


@contextmanager
def serving_host(portal: Server, key: str, body: dict[str, str]) -> Iterator[HostPage]:
    """Serve the host's page inside the block."""
    host = HostPage(portal, key, body)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            kind = "text/javascript" if self.path.endswith(".js") else "text/html"
            self._answer(200, kind, host.files.get(self.path) or host.page())

        def do_POST(self) -> None:
            sent = parse_qs(self.rfile.read(int(self.headers.get("Content-Length", "0"))).decode())
            view = sent.get("view", [""])[0]
            if host.failures:
                host.asked.append(view)
                self._answer(502, "application/json", host.failures.pop(0))
            else:
                self._answer(200, "application/json", host.link(view))

        def _answer(self, status: int, kind: str, content: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(content)))
            for name, value in host.headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # as its base calls it
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        host.url = f"http://localhost:{server.server_port}"
        try:
            yield host
        finally:
            server.shutdown()
            thread.join()


@contextmanager
def strict_chromium(kind: BrowserType, directory: Path, blocked: str, *, but: str = "") -> Iterator[BrowserContext]:
    """A Chromium of its own whose settings block these cookies, as a person sets them: `but` those of one site."""
    profile: dict[str, object] = {"cookie_controls_mode": 1, "block_third_party_cookies": True}
    if blocked == ALL:
        profile["default_content_setting_values"] = {"cookies": BLOCKED}
    if but:
        profile["content_settings"] = {"exceptions": {"cookies": {f"{but},*": {"setting": ALLOWED}}}}
    (directory / "Default").mkdir(parents=True)
    (directory / "Default" / "Preferences").write_text(json.dumps({"profile": profile}))
    context = kind.launch_persistent_context(
        str(directory),
        executable_path=chromium.path(whole=True),
        headless=True,
        accept_downloads=True,
        args=[*chromium.FLAGS, *chromium.without_sandbox()],
    )
    context.set_default_timeout(30_000)
    try:
        yield context
    finally:
        context.close()


def frame_of(page: Page, title: str = "Overview") -> Frame:
    """Return the portal's frame once it shows the page of this title."""
    expect(page.frame_locator("iframe").locator("h1")).to_have_text(title)
    return page.frames[1]
