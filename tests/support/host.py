"""A host product as the portal meets it: its origin, the links that its backend makes, and its frame in a browser."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from flask import Flask

from app.domain.people.members import Actor
from app.services.access import frame_origins
from tests.support.api import api_for
from tests.support.browser import Browser, Page
from tests.support.client import StandAloneClient

ORIGIN = "https://app.example"
IN_A_FRAME = {"Sec-Fetch-Dest": "iframe", "Sec-Fetch-Site": "cross-site", "Referer": f"{ORIGIN}/"}


@dataclass
class Host:
    """A host product that shows the portal to one member."""

    app: Flask
    origin: str
    """The portal's."""
    actor: Actor

    def link(self, **body: Any) -> str:
        """Return the path of a new link, as the host's backend makes it."""
        asked = {"customer": self.actor.customer_id, "member_email": self.actor.email, **body}
        answer = api_for(self.app, "embed:create").post("/portal_sessions", asked)
        assert answer.status_code == 201, answer.text
        return urlsplit(answer.get_json()["url"]).path

    def frame(self, *, cookies: bool = True, **body: Any) -> "Frame":
        """Return the frame with the link opened in it, in a browser that keeps its cookie there, or none at all."""
        client: Any = self.app.test_client(use_cookies=cookies)
        frame = Frame(client, self.origin, self.actor)
        frame.page = frame.opens(self.link(**body), **IN_A_FRAME)
        return frame


class Frame(Browser):
    """The portal in a host's page."""

    page: Page

    def __init__(self, client: StandAloneClient, origin: str, actor: Actor) -> None:
        super().__init__(client, origin, actor)

    @property
    def root(self) -> str:
        """What stands before every path, where there are no cookies."""
        path = self.page.path
        return "/".join(path.split("/")[:3]) if path.startswith("/t/") else ""


def host_of(app: Flask, origin: str, actor: Actor) -> Host:
    """Return a host product whose origin the seller has added."""
    frame_origins.add(ORIGIN, by="a test")
    return Host(app, origin, actor)


def policy_of(page: Page) -> str:
    """Return who may frame the page."""
    parts = dict(each.split(" ", 1) for each in page.response.headers["Content-Security-Policy"].split("; "))
    return parts["frame-ancestors"]
