"""The example host product: its own sign-in, and its customers' billing on a page of its own."""

import importlib
import sys
from pathlib import Path
from typing import Any

import pytest
from bs4 import BeautifulSoup
from flask import Flask
from flask.testing import FlaskClient

from app.domain.people import Role
from app.models.customers import Customer
from app.services.access import api_keys, frame_origins
from tests.support import cast
from tests.support.cast import Part
from tests.support.server import Server

CLIENT = Path(__file__).resolve().parent.parent.parent / "clients" / "python"
NORA = Part("Nora Winter", "nora@northwind.example", Role.OWNER)
pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


@pytest.fixture
def host(app: Flask, acme: Customer, live_server: Server, monkeypatch: pytest.MonkeyPatch) -> FlaskClient:
    """The host product beside the portal, as `make demo` starts it."""
    cast.make_actor(NORA, acme)
    _row, key = api_keys.create("host", ["billing:read", "embed:create", "usage:write"])
    frame_origins.add("http://localhost", by="a test")
    values = {
        "URL": live_server.url,
        "API_KEY": key,
        "CUSTOMER": acme.customer_id,
        "WEBHOOK_SECRET": "whsec_" + "A" * 32,
    }
    for name, value in values.items():
        monkeypatch.setenv(f"PURSER_{name}", value)
    monkeypatch.syspath_prepend(str(CLIENT))
    sys.modules.pop("examples.host_product.host", None)
    module: Any = importlib.import_module("examples.host_product.host")
    client: FlaskClient = module.app.test_client()
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
    assert "available to use" in host.get("/").text
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
