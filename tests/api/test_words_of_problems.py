"""What a body or a field lacks is said in words, and without what was sent."""

import codecs
import gzip
import re
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from app.api.contract.patterns import WORDS
from app.models.customers import Customer
from tests.support.api import Api, problem_of

SECRET = "sk_secret"
UNREAD = [
    (b'{"credits": "5",}', "no JSON that can be read: trailing comma at line 1 column 17"),
    (b'{"credits":\n sk_secret}', "line 2 column 2"),
    (b'{"credits": "5"', "it ends too soon at line 1 column 15"),
    (b"credits=5", "at line 1 column 1"),
    (b'{"reason": "\\ud800"}', "half a character"),
    (b"[" * 5_000, "nested too deeply"),
    (codecs.BOM_UTF8 + b"{}", "byte order mark"),
    ('{"reason": "für"}'.encode("latin-1"), "not UTF-8: byte 14 is 0xfc"),
    (gzip.compress(b"{}", mtime=0), "compressed. Send it as it is, without Content-Encoding"),
    ("{}".encode("utf-16"), "UTF-16"),
    ("{}".encode("utf-16-be"), "UTF-16"),
    ("{}".encode("utf-32-le"), "UTF-32"),
]


@pytest.mark.parametrize(("raw", "words"), UNREAD)
@pytest.mark.parametrize("path", ["/customers/acme/credit_grants", "/usage_events"])
def test_a_body_that_cannot_be_read_says_why(api: Api, acme: Customer, path: str, raw: bytes, words: str) -> None:
    answer = api.open("POST", path, data=raw, headers={"Content-Type": "application/json"})
    assert problem_of(answer) == (400, "request_malformed")
    assert words in answer.get_json()["detail"]
    assert SECRET not in answer.text


@pytest.mark.parametrize(
    ("method", "path", "sent", "words"),
    [
        (
            "POST",
            "/portal_sessions",
            {"json": {"customer": "acme", "locale": "British English"}},
            "such as en or pt-BR",
        ),
        ("GET", "/customers/acme/invoices?from=21.11.2026", {}, "a day such as 2026-11-21"),
    ],
)
def test_a_text_of_the_wrong_form_is_shown_the_right_one(
    api: Api, acme: Customer, method: str, path: str, sent: dict[str, Any], words: str
) -> None:
    answer = api.open(method, path, **sent)
    assert problem_of(answer) == (422, "validation_failed")
    assert words in answer.get_json()["errors"][0]["detail"]


def test_every_pattern_has_its_words() -> None:
    sources = [each.read_text() for each in Path("app/api/v1").glob("*.py")]
    named = {name for text in sources for name in re.findall(r"pattern=([^,)]+)", text)}
    assert named
    assert {name.isidentifier() for name in named} == {True}
    assert len(WORDS) >= len(named)


def test_who_is_no_member_is_made_by_the_api(app: Flask, api: Api, acme: Customer) -> None:
    answer = api.post("/portal_sessions", {"customer": "acme", "member_email": "new@acme.example"})
    assert problem_of(answer) == (404, "member_not_found")
    assert "POST /v1/customers/{id}/members" in answer.get_json()["detail"]
