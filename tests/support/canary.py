"""A canary on loopback and in a file: whoever fetches or reads it is noted. It does no harm."""

import base64
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

FONT = Path(__file__).parents[2] / "app" / "gateways" / "pdf" / "fonts" / "NotoSansHebrew-Regular.ttf"
PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
PICTURE = f"data:image/png;base64,{PIXEL}"


@dataclass
class Canary:
    """Where it sits, and what was fetched of it."""

    url: str = ""
    fetched: list[str] = field(default_factory=list)

    def documents(self) -> dict[str, str]:
        """Return what refers to it, by the kind of reference."""
        return {
            "picture": f'<img src="{self.url}/picture.png">',
            "svg": f'<img src="{self.url}/picture.svg">',
            "svg_inside": f'<svg xmlns="http://www.w3.org/2000/svg"><image href="{self.url}/inside.png"/></svg>',
            "stylesheet": f'<link rel="stylesheet" type="text/css" href="{self.url}/sheet.css">',
            "import": f"<style>@import url({self.url}/import.css);</style>",
            "font": f"<style>@font-face {{ font-family: Canary; src: url({self.url}/font.ttf) }}</style>"
            '<p style="font-family: Canary">text</p>',
            "background": f"<p style=\"background-image: url('{self.url}/background.png')\">text</p>",
            "page_background": f"<style>@page {{ background-image: url('{self.url}/page.pdf') }}</style><p>text</p>",
            "file": '<img src="file:///etc/hostname">',
            "entity": f'<!DOCTYPE html [<!ENTITY canary SYSTEM "{self.url}/entity">]><p>&canary;</p>',
        }


@contextmanager
def singing() -> Iterator[Canary]:
    """Serve it inside the block."""
    canary = Canary()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            canary.fetched.append(self.path)
            self.send_response(200)
            self.end_headers()
            self.wfile.write(FONT.read_bytes() if self.path.endswith(".ttf") else base64.b64decode(PIXEL))

        def log_message(self, *_words: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        canary.url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield canary
        finally:
            server.shutdown()
            thread.join()
