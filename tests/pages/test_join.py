"""The link that a customer shares: it leads to the seller's sign-up, and says nothing of whose it is."""

from urllib.parse import parse_qs, urlsplit

import pytest
from flask import Flask

from app.models.customers import Customer
from tests.support.referred import code_of, inviter


@pytest.fixture
def ours(app: Flask) -> Customer:
    """A customer of a seller that offers referrals."""
    return inviter()


@pytest.mark.both_databases
def test_the_link_leads_to_the_sellers_sign_up_with_the_code(app: Flask, ours: Customer) -> None:
    client = app.test_client()
    answer = client.get(f"/join/{code_of(ours).upper()}")
    to = urlsplit(answer.headers["Location"])
    assert (answer.status_code, f"{to.scheme}://{to.netloc}{to.path}") == (302, "https://small.example/join")
    assert parse_qs(to.query) == {"plan": ["free"], "referral_code": [code_of(ours)]}
    for wrong in ("0" * 12, "' or 1=1 --", "x" * 300, "%00"):
        assert client.get(f"/join/{wrong}").status_code == 404, wrong


def test_where_the_seller_named_no_sign_up_the_link_shows_the_code(app: Flask) -> None:
    ours = inviter(more="\n[referrals]\noffered = true\n")
    page = app.test_client().get(f"/join/{code_of(ours)}")
    assert page.status_code == 200
    assert f"<code>{code_of(ours)}</code>" in page.text
