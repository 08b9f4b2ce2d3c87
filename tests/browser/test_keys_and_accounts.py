"""SSH keys, API tokens and accounts elsewhere in a real browser: made, used once, taken away, and each page clean."""

from collections.abc import Iterator

import pytest
from flask import Flask
from playwright.sync_api import expect

from app.config import Settings
from tests.browser.conftest import Opens
from tests.browser.test_confirm_access import a_while_later, confirms
from tests.browser.test_spine import in_every_look, is_clean
from tests.support.identities import AT_OKTA, PAGE, SIGN_IN
from tests.support.identity_server import FakeIdentities
from tests.support.identity_server import serving as serving_identities
from tests.support.server import Server, serving_here
from tests.support.ssh_keys import ED25519, PRIVATE_OPENSSH, SAID

KEYS, TOKENS = "/account/ssh-keys/", "/account/api-tokens/"


@pytest.fixture
def there() -> Iterator[FakeIdentities]:
    with serving_identities() as fake:
        yield fake


@pytest.fixture
def live_server(app: Flask, settings: Settings, there: FakeIdentities) -> Iterator[Server]:
    """The portal of a seller who has registered it with Okta."""
    okta = there.provider()
    named = {
        "ISSUER": okta.issuer,
        "LABEL": okta.label,
        "CLIENT_ID": okta.client_id,
        "CLIENT_SECRET": okta.client_secret,
    }
    with serving_here(settings, OIDC_PROVIDERS=okta.name, **{f"OIDC_OKTA_{k}": v for k, v in named.items()}) as server:
        yield server


@pytest.mark.proof
def test_a_public_key_is_kept_and_a_private_one_never(signs_in: Opens) -> None:
    page = signs_in()
    page.goto(KEYS)
    is_clean(page, "SSH keys, none yet")
    page.get_by_label("Public key").fill(PRIVATE_OPENSSH)
    page.locator("#ssh_keys-save").click()
    expect(page.locator("#public_key-error")).to_be_visible()
    expect(page.get_by_label("Public key")).to_have_value("")
    page.get_by_label("Public key").fill(ED25519)
    a_while_later()
    page.locator("#ssh_keys-save").click()
    confirms(page)
    keys = page.get_by_role("list", name="Your SSH keys").get_by_role("listitem")
    expect(keys).to_have_count(1)
    expect(keys.first).to_contain_text(SAID[ED25519][1])
    is_clean(page, "SSH keys, one")
    page.reload()
    keys.first.locator("summary").click()
    page.get_by_role("button", name="Remove it").click()
    expect(keys).to_have_count(0)


def test_a_token_is_shown_once_and_is_dead_when_revoked(signs_in: Opens, live_server: Server) -> None:
    page = signs_in()
    page.goto(TOKENS)
    page.locator("#api_tokens-form [name=name]").fill("Nightly report")
    page.locator("[name=scopes]").first.check()
    page.locator("#api_tokens-save").click()
    made = page.locator("#api_tokens-made code")
    expect(made).to_contain_text("pat_")
    token = made.inner_text()
    is_clean(page, "a token is made")
    page.reload()
    expect(made).to_have_count(0)
    tokens = page.get_by_role("list", name="API tokens").get_by_role("listitem")
    expect(tokens).to_have_count(1)
    assert token not in page.content()
    asked = {"headers": {"Authorization": f"Bearer {token}"}}
    before = page.request.get(f"{live_server.url}/v1/customers", **asked).status
    tokens.first.locator("summary").click()
    page.get_by_role("button", name="Revoke it").click()
    expect(tokens).to_have_count(0)
    assert before != 401, "it was a token while it was there"
    assert page.request.get(f"{live_server.url}/v1/customers", **asked).status == 401


@pytest.mark.proof
def test_an_account_elsewhere_is_linked_signs_in_and_is_unlinked(there: FakeIdentities, signs_in: Opens) -> None:
    page = signs_in()
    there.present = AT_OKTA
    page.goto(PAGE)
    page.get_by_role("button", name="Link Okta").click()
    expect(page.locator("#notices")).to_contain_text("Your Okta account is linked")
    is_clean(page, "Authentication with an account elsewhere")
    page.context.clear_cookies()
    page.goto(SIGN_IN)
    is_clean(page, "the sign-in with providers")
    page.get_by_role("link", name="Sign in with Okta").click()
    page.wait_for_url("**/billing/")
    page.goto(PAGE)
    accounts = page.get_by_role("list", name="Accounts that you can sign in with")
    accounts.get_by_text("Unlink", exact=False).first.click()
    page.get_by_role("button", name="Unlink it").click()
    expect(page.locator("#notices")).to_contain_text("is unlinked")


@pytest.mark.proof
@in_every_look
def test_axe_finds_nothing_in_any_look(signs_in: Opens, look: dict[str, object]) -> None:
    page = signs_in(**look)
    for path in (KEYS, TOKENS, PAGE, "/account/authentication/account/", "/account/profile/"):
        page.goto(path)
        is_clean(page, path)
