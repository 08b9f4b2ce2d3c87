"""Providers of sign-ins: an account is known by what the provider has proved, for us and for this sign-in alone."""

from collections.abc import Callable, Iterator
from urllib.parse import parse_qs, urlsplit

import pytest

from app.gateways.identity.github import GitHub
from app.gateways.identity.openid import OpenId
from app.gateways.identity.person import Asked, Away, Person, Unproven
from tests.support.identity_server import (
    Account,
    Claims,
    FakeIdentities,
    by_the_secret,
    key,
    of_a_curve,
    serving,
    signed,
    unsigned,
)

ASKED = Asked("a state", "a nonce", "v" * 43)
BACK = "http://localhost/sign-in/with/okta/back"
ALICE = Account("sub-1", "alice@acme.example")


@pytest.fixture
def there() -> Iterator[FakeIdentities]:
    with serving() as fake:
        yield fake


def comes_back(
    there: FakeIdentities, gateway: OpenId | GitHub, account: Account = ALICE, asked: Asked = ASKED
) -> Person:
    path = there.agrees(gateway.address(ASKED, BACK), account)
    return gateway.person(asked, BACK, parse_qs(urlsplit(path).query)["code"][0])


def test_asvs_10_5_1_an_account_is_known_by_a_code_that_only_we_can_use(there: FakeIdentities) -> None:
    gateway = OpenId(there.provider())
    sent = parse_qs(urlsplit(gateway.address(ASKED, BACK)).query)
    assert (sent["state"], sent["nonce"], sent["redirect_uri"]) == (["a state"], ["a nonce"], [BACK])
    assert "prompt" not in sent and set(sent["scope"][0].split()) == {"openid", "email", "profile"}
    person = comes_back(there, gateway)
    assert (person.subject, person.email, person.email_verified) == ("sub-1", "alice@acme.example", True)
    assert person.authenticated_at is not None
    again = parse_qs(urlsplit(gateway.address(ASKED, BACK, again=True)).query)
    assert (again["prompt"], again["max_age"]) == (["login"], ["0"])
    with pytest.raises(Unproven, match="invalid_grant"):
        comes_back(there, gateway, asked=Asked("a state", "a nonce", "w" * 43))  # another browser's verifier


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("another issuer", lambda claims: claims | {"iss": "https://elsewhere.example"}),
        ("for somebody else", lambda claims: claims | {"aud": "another client"}),
        ("for several, and not by us", lambda claims: claims | {"aud": ["the-portal", "b"], "azp": "b"}),
        ("for somebody else, asked for by us", lambda claims: claims | {"aud": "another client", "azp": "the-portal"}),
        ("expired", lambda claims: claims | {"exp": claims["iat"] - 61}),
        ("without an end", lambda claims: {name: value for name, value in claims.items() if name != "exp"}),
        ("another sign-in's nonce", lambda claims: claims | {"nonce": "another"}),
        ("no nonce", lambda claims: {name: value for name, value in claims.items() if name != "nonce"}),
        ("no subject", lambda claims: claims | {"sub": ""}),
        ("no text as subject", lambda claims: claims | {"sub": 7}),
        ("of the future", lambda claims: claims | {"nbf": claims["iat"] + 3600}),
    ],
)
def test_asvs_9_2_an_id_token_is_refused_that_is(
    there: FakeIdentities, name: str, change: Callable[[Claims], Claims]
) -> None:
    there.changes = change
    with pytest.raises(Unproven):
        comes_back(there, OpenId(there.provider()))


@pytest.mark.parametrize(
    "signs",
    [
        by_the_secret,
        unsigned,
        lambda claims: signed(claims, key("another")),
        lambda claims: signed(claims, of_a_curve(), "ES256"),
        lambda claims: signed(claims, key())[:-8] + "AAAAAAAA",
        lambda claims: "nonsense",
    ],
    ids=["the secret", "nobody", "a key that is not theirs", "a kind that is not theirs", "broken", "no token"],
)
def test_asvs_9_1_an_id_token_is_refused_that_is_signed_by(
    there: FakeIdentities, signs: Callable[[Claims], str]
) -> None:
    there.signs = signs
    with pytest.raises(Unproven):
        comes_back(there, OpenId(there.provider()))


def test_asvs_6_8_2_a_token_without_a_signature_says_nothing(there: FakeIdentities) -> None:
    there.signs = unsigned
    with pytest.raises(Unproven):
        comes_back(there, OpenId(there.provider()))


def test_a_new_key_of_the_provider_is_read_once(there: FakeIdentities, monkeypatch: pytest.MonkeyPatch) -> None:
    gateway = OpenId(there.provider())
    comes_back(there, gateway)
    there.keys.append(key("second"))
    with pytest.raises(Unproven):
        comes_back(there, gateway)  # read a moment ago: no stranger makes us ask again and again
    monkeypatch.setattr("app.gateways.identity.openid._KEYS_AGAIN_AFTER", 0)
    assert comes_back(there, gateway).subject == "sub-1"
    assert there.asked.count("GET /keys") == 2 and there.asked.count("GET /.well-known/openid-configuration") == 1


@pytest.mark.parametrize("verified", ["true", 1, False, None])
def test_only_true_is_a_verified_address(there: FakeIdentities, verified: object) -> None:
    person = comes_back(there, OpenId(there.provider()), Account("sub-1", "alice@acme.example", verified))
    assert (person.email, person.email_verified) == ("alice@acme.example", False)


def test_the_address_may_stand_beside_the_token_for_the_same_subject(there: FakeIdentities) -> None:
    there.in_token = False
    assert comes_back(there, OpenId(there.provider())).email == "alice@acme.example"
    there.changes = lambda claims: claims | {"sub": "sub-2"}
    assert comes_back(there, OpenId(there.provider())).email == ""


@pytest.mark.parametrize(
    "description",
    [
        {"issuer": "https://elsewhere.example"},
        {"token_endpoint": None},
        {"authorization_endpoint": "javascript:alert(1)"},
    ],
)
def test_a_description_of_somebody_else_is_no_answer(there: FakeIdentities, description: Claims) -> None:
    there.description = description
    with pytest.raises(Away):
        OpenId(there.provider()).address(ASKED, BACK)


def test_a_provider_that_is_away_is_said_to_be(there: FakeIdentities) -> None:
    openid, github = OpenId(there.provider()), GitHub(there.github())
    comes_back(there, openid)
    path = there.agrees(github.address(ASKED, BACK), Account("583231", "octo@acme.example"))
    there.status = 503
    for gateway in (openid, github):
        with pytest.raises(Away):
            gateway.person(ASKED, BACK, parse_qs(urlsplit(path).query)["code"][0])
    with pytest.raises(Away):
        OpenId(there.provider()).address(ASKED, BACK)


def test_github_is_asked_about_the_account_and_its_first_address(there: FakeIdentities) -> None:
    gateway = GitHub(there.github())
    person = comes_back(there, gateway, Account("583231", "octo@acme.example"))
    assert person == Person("583231", "octo@acme.example", email_verified=True, shown="octo")
    unproved = comes_back(there, gateway, Account("583231", "octo@acme.example", verified=False))
    assert (unproved.email, unproved.email_verified) == ("", False)
    with pytest.raises(Unproven):
        comes_back(there, gateway, asked=Asked("a state", "", "w" * 43))
    with pytest.raises(Unproven, match="no account"):
        comes_back(there, gateway, Account("a name", "octo@acme.example"))
