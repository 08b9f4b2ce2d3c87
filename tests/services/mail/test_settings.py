"""MAIL_URL and MAIL_FROM: a wrong one stops the start with its name."""

import pytest

from app.config import Settings, WrongSetting, printable

GOOD = {
    "SECRET_KEY": "only-for-tests-" + "0" * 32,
    "DATABASE_URL": "sqlite:///x.sqlite3",
    "MAIL_FROM": "Relay Billing <billing@relay.example>",
}


@pytest.mark.parametrize(
    "url",
    [
        "smtp://mail.relay.example",
        "smtp://user:p%40ss@mail.relay.example:587",
        "smtps://user:secret@mail.relay.example",
        "smtp://localhost:25?tls=off",
        "smtp://user:secret@127.0.0.1:25?tls=off",
        "smtp://10.0.0.1:25?tls=off",
    ],
)
def test_a_good_one_is_taken_and_never_printed(url: str) -> None:
    settings = Settings.from_env({**GOOD, "MAIL_URL": url})
    assert settings.mail_url == url
    assert url not in repr(settings) and dict(printable(settings))["MAIL_URL"] == "(set)"


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ({"MAIL_URL": "http://mail.relay.example"}, "MAIL_URL"),
        ({"MAIL_URL": "smtp://"}, "MAIL_URL"),
        ({"MAIL_URL": "smtp://mail.relay.example:abc"}, "MAIL_URL"),
        ({"MAIL_URL": "smtp://mail.relay.example:0"}, "MAIL_URL"),
        ({"MAIL_URL": "smtp://mail.relay.example?tls=of"}, "MAIL_URL"),
        ({"MAIL_URL": "smtps://mail.relay.example?tls=off"}, "MAIL_URL"),
        ({"MAIL_URL": "smtp://user:secret@mail.relay.example?tls=off"}, "MAIL_URL"),
        ({"MAIL_URL": "smtp://mail.relay.example", "MAIL_FROM": ""}, "MAIL_FROM"),
        ({"MAIL_URL": "smtp://mail.relay.example", "MAIL_FROM": "Relay"}, "MAIL_FROM"),
        ({"MAIL_URL": "smtp://mail.relay.example", "MAIL_FROM": "b@relay.example\nBcc: x@y.example"}, "MAIL_FROM"),
    ],
)
def test_a_wrong_one_is_named_and_not_repeated(changes: dict[str, str], name: str) -> None:
    with pytest.raises(WrongSetting, match=name) as wrong:
        Settings.from_env(GOOD | changes)
    assert "secret" not in str(wrong.value)
