"""Which providers are set: by the environment, secrets by files too; what is wrong stops the start by its name."""

from pathlib import Path

import pytest

from app.config import Settings, WrongSetting, printable
from app.identity_settings import GITHUB, OPENID

BASE = {"SECRET_KEY": "x" * 32, "DATABASE_URL": "sqlite:////tmp/nowhere.sqlite3"}
OKTA = {
    "OIDC_PROVIDERS": "okta", "OIDC_OKTA_ISSUER": "https://example.okta.com", "OIDC_OKTA_CLIENT_ID": "a",
    "OIDC_OKTA_CLIENT_SECRET": "b",
}  # fmt: skip
HUB = {"GITHUB_CLIENT_ID": "c", "GITHUB_CLIENT_SECRET": "d"}


def test_several_providers_are_set_and_no_secret_is_printed(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("of-google\n")
    google = {
        "OIDC_PROVIDERS": "okta, google", "OIDC_GOOGLE_ISSUER": "https://accounts.google.com", "OIDC_GOOGLE_CLIENT_ID": "e",
        "OIDC_GOOGLE_CLIENT_SECRET_FILE": str(secret), "OIDC_GOOGLE_LABEL": "Google Workspace",
    }  # fmt: skip
    settings = Settings.from_env(BASE | OKTA | HUB | google)
    assert [(each.name, each.kind, each.label, each.issuer, each.client_secret) for each in settings.identity_providers] == [
        ("github", GITHUB, "GitHub", "https://github.com", "d"),
        ("okta", OPENID, "Okta", "https://example.okta.com", "b"),
        ("google", OPENID, "Google Workspace", "https://accounts.google.com", "of-google"),
    ]  # fmt: skip
    assert "of-google" not in f"{settings!r} {printable(settings)}"
    assert ("SIGN_IN_WITH_OKTA", "https://example.okta.com") in printable(settings)
    assert Settings.from_env(BASE).identity_providers == ()


@pytest.mark.parametrize(
    ("change", "name"),
    [
        ({"OIDC_OKTA_ISSUER": "http://example.okta.com"}, "OIDC_OKTA_ISSUER"),
        ({"OIDC_OKTA_ISSUER": "https://example.okta.com?x=1"}, "OIDC_OKTA_ISSUER"),
        ({"OIDC_OKTA_ISSUER": ""}, "OIDC_OKTA_ISSUER"),
        ({"OIDC_OKTA_CLIENT_ID": ""}, "OIDC_OKTA_CLIENT_ID"),
        ({"OIDC_OKTA_CLIENT_SECRET": ""}, "OIDC_OKTA_CLIENT_SECRET"),
        ({"OIDC_OKTA_LABEL": "x" * 41}, "OIDC_OKTA_LABEL"),
        ({"OIDC_PROVIDERS": "okta okta"}, "OIDC_PROVIDERS"),
        ({"OIDC_PROVIDERS": "Okta!"}, "OIDC_PROVIDERS"),
        ({"OIDC_PROVIDERS": "github"}, "OIDC_PROVIDERS"),
        ({"GITHUB_CLIENT_ID": "c"}, "GITHUB_CLIENT_SECRET"),
        (HUB | {"GITHUB_URL": "ftp://git.example"}, "GITHUB_URL"),
    ],
)
def test_what_is_wrong_stops_the_start_by_its_name(change: dict[str, str], name: str) -> None:
    with pytest.raises(WrongSetting, match=f"^{name} "):
        Settings.from_env(BASE | OKTA | change)
