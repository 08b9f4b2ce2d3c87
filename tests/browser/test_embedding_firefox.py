"""The portal in a frame on another site's page, as Debian's Firefox ESR shows it with every cookie blocked."""

from pathlib import Path

import pytest

from app.domain.people.members import Actor
from tests.support.firefox import Firefox, strict_firefox
from tests.support.host_page import HostPage
from tests.support.server import Server

pytestmark = [pytest.mark.parametrize("database", ["sqlite"], indirect=True), pytest.mark.proof]


@pytest.mark.case("AC-62")
def test_everything_works_in_the_frame_of_firefox(
    host: HostPage, live_server: Server, alice_actor: Actor, tmp_path: Path
) -> None:
    with strict_firefox(tmp_path / "firefox") as firefox:
        firefox.opens(host.url)
        firefox.into_frame()
        firefox.found("h1", "Overview")
        assert firefox.value("return location.href").startswith(f"{live_server.url}/t/")
        assert firefox.value("return document.cookie") == ""

        goes(firefox, "Balance history")
        status = "return fetch(document.querySelector('a[download][href*=csv]').href).then((answer) => answer.status)"
        assert firefox.value(status) == 200
        goes(firefox, "Invoice address")
        firefox.types("#company", "Acme Works")
        firefox.clicks("#invoice_address-save")
        firefox.found("#invoice_address-form", "Choose the country.")
        firefox.clicks("#country option[value=US]")
        firefox.found("label", "ZIP code")
        for name, typed in (("line1", "1 Market St"), ("city", "New York"), ("postal_code", "10001"), ("region", "NY")):
            firefox.types(f"#{name}", typed)
        firefox.value("document.querySelector('#invoice_address-form').submit()")
        firefox.found("address", "New York, NY 10001")

        firefox.opens(host.url)
        firefox.into_frame()
        firefox.found("h1", "Overview")


def goes(firefox: Firefox, title: str) -> None:
    """Follow the menu of the frame to the page of this title."""
    firefox.clicks("details.menu > summary")
    firefox.clicks("details.menu a", title)
    firefox.found("h1", title)
