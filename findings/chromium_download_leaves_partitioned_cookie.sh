#!/bin/sh
# Chromium 156 (Debian 12): a link with `download` in another site's frame is asked for without the frame's partitioned cookie.
#
# Surprising: where third-party cookies are blocked, a frame keeps its session in a partitioned cookie (CHIPS), and pages, forms,
# fetch and plain links all send it. A click on `<a href=… download>` does not: the server sees nobody, answers with its sign-in
# page, and the browser saves that page as the file, with no error. The same link without the attribute sends the cookie and is
# saved, too, where the answer says `Content-Disposition: attachment`.
# Whom it hurts: every portal, report or dashboard that is embedded in another site and offers files. Nobody sees it on the page
# alone, nor where third-party cookies are allowed, which is how most browser tests run.
# What to do instead: leave the attribute out in frames and let the answer say that it is a file.
#
# Run `sh findings/chromium_download_leaves_partitioned_cookie.sh` where a Chromium is installed: 0 if it is still so, 1 if it
# changed.
set -eu
folder=$(mktemp -d)
trap 'cd /; rm -rf "$folder"' EXIT
trap 'exit 130' INT TERM
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check playwright==1.65.2
venv/bin/python - <<'PYTHON'
import json
import os
import shutil
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from playwright.sync_api import sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
LINKS = '<a id="with" href="/file?with" download>with</a> <a id="without" href="/file?without">without</a>'
seen = {}


class Pages(BaseHTTPRequestHandler):
    def do_GET(self):
        cookie = self.headers.get("Cookie", "")
        self.send_response(200)
        if self.path.startswith("/file"):
            seen[self.path.partition("?")[2]] = cookie
            self.send_header("Content-Disposition", 'attachment; filename="file.txt"')
            body = b"a file"
        elif self.path == "/frame":
            self.send_header("Set-Cookie", "session=1; Path=/; Secure; HttpOnly; SameSite=None; Partitioned")
            body = LINKS.encode()
        else:
            body = f'<iframe src="http://127.0.0.1:{self.server.server_port}/frame"></iframe>'.encode()
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_words):
        pass


server = ThreadingHTTPServer(("127.0.0.1", 0), Pages)
threading.Thread(target=server.serve_forever, daemon=True).start()
chromium = next(filter(None, map(shutil.which, NAMES)), None)
if chromium is None:
    sys.exit("Install Chromium first.")
blocked = {"profile": {"cookie_controls_mode": 1, "block_third_party_cookies": True}}
Path("profile/Default").mkdir(parents=True)
Path("profile/Default/Preferences").write_text(json.dumps(blocked))
flags = ["--no-sandbox"] if os.geteuid() == 0 else []
with sync_playwright() as playwright:
    context = playwright.chromium.launch_persistent_context(
        "profile", executable_path=chromium, headless=True, args=flags, accept_downloads=True
    )
    print("Chromium", context.browser.version if context.browser else "")
    page = context.pages[0]
    page.goto(f"http://localhost:{server.server_port}/")  # another site than 127.0.0.1
    frame = page.frame_locator("iframe")
    for link in ("without", "with"):
        with page.expect_download():
            frame.locator(f"#{link}").click()
    context.close()
print("cookie sent, link without `download`:", repr(seen["without"]))
print("cookie sent, link with `download`:   ", repr(seen["with"]))
sys.exit(0 if seen == {"without": "session=1", "with": ""} else 1)
PYTHON
