"""The example host product: its own sign-in, and its customers' billing on a page of its own."""

import pytest
from bs4 import BeautifulSoup
from flask import Flask
from flask.testing import FlaskClient

from app.models.customers import Customer
from app.services.access import frame_origins
from tests.support.example_host import NORA, loaded
from tests.support.server import Server

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


@pytest.fixture
def host(app: Flask, acme: Customer, live_server: Server, monkeypatch: pytest.MonkeyPatch) -> FlaskClient:
    """The host product beside the portal, as `make demo` starts it."""
    frame_origins.add("http://localhost", by="a test")
    client: FlaskClient = loaded(live_server, acme, monkeypatch).app.test_client()
    return client


def test_billing_is_shown_to_whoever_is_signed_in_at_the_host(
    host: FlaskClient, app: Flask, live_server: Server
) -> None:
    for path in ("/", "/billing"):
        assert host.get(path).location == "/sign-in"
    assert host.post("/billing-session").location == "/sign-in"
    assert host.post("/sign-in", data={"email": NORA.email, "password": "wrong"}).location == "/sign-in?wrong=1"
    password = BeautifulSoup(host.get("/sign-in").text, "html.parser").select("em")[0].text
    assert host.post("/sign-in", data={"email": NORA.email, "password": password}).location == "/"
    playground = host.get("/").text
    assert "available to use" in playground and "data out is reported afterwards" in playground
    page = BeautifulSoup(host.get("/billing?view=invoices").text, "html.parser")
    (place,) = page.select("[data-purser]")
    assert (place["data-purser"], place["data-view"]) == ("/billing-session", "invoices")
    assert [each["src"] for each in page.select("script")] == [f"{live_server.url}/static/embed.js"]
    link = host.post("/billing-session", data={"view": "invoices"}).get_json()["url"]
    assert link.startswith(f"{live_server.url}/embedded/")
    shown = app.test_client().get(link, headers={"Sec-Fetch-Dest": "iframe"}, follow_redirects=True)
    assert (shown.status_code, "<h1>Invoices</h1>" in shown.text) == (200, True)


def test_what_another_site_sends_is_refused(host: FlaskClient) -> None:
    for path in ("/requests", "/billing-session", "/sign-in"):
        assert host.post(path, headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403
