"""Webhooks out: what an answer means, when a delivery is tried again, what is sent, and where it may be sent to."""

import json
from datetime import UTC, datetime, timedelta, timezone

import pytest

from app.domain.errors import Refused
from app.domain.webhooks import (
    LONGEST_URL,
    SCHEDULE,
    TRIES,
    Answered,
    Unanswered,
    Verdict,
    body,
    check_url,
    not_public,
    verdict,
    wait,
    words,
)

MALFORMED = "Enter a web address, such as https://example.com/hooks."


@pytest.mark.parametrize(
    ("status", "expected", "said"),
    [
        (199, Verdict.AGAIN, "It answered 199."),
        (200, Verdict.DELIVERED, ""),
        (299, Verdict.DELIVERED, ""),
        (300, Verdict.AGAIN, "It answered 300, a redirect, which is never followed."),
        (399, Verdict.AGAIN, "It answered 399, a redirect, which is never followed."),
        (400, Verdict.AGAIN, "It answered 400."),
        (409, Verdict.AGAIN, "It answered 409."),
        (410, Verdict.GONE, "It answered 410: it no longer accepts events."),
        (411, Verdict.AGAIN, "It answered 411."),
        (500, Verdict.AGAIN, "It answered 500."),
    ],
)
def test_what_an_answer_means(status: int, expected: Verdict, said: str) -> None:
    assert (verdict(Answered(status, 7)), words(Answered(status, 7))) == (expected, said)


def test_no_answer_is_tried_again_and_says_why() -> None:
    silent = Unanswered("No answer within 10 seconds.", 10_000)
    assert (verdict(silent), words(silent)) == (Verdict.AGAIN, "No answer within 10 seconds.")


def test_the_schedule_is_gone_through_once_and_once_more_for_what_is_sent_again() -> None:
    assert [wait(tries, 0) for tries in range(1, TRIES)] == list(SCHEDULE)
    assert wait(TRIES, 0) is None
    assert wait(TRIES, 999) is None
    assert [wait(TRIES + tries, 0) for tries in range(1, TRIES)] == list(SCHEDULE)
    assert wait(2 * TRIES, 0) is None


def test_a_wait_is_at_most_a_tenth_longer() -> None:
    assert wait(1, 999) == timedelta(seconds=5) * 10_999 / 10_000
    assert wait(len(SCHEDULE), 500) == timedelta(seconds=86_400) * 10_500 / 10_000


def test_what_is_sent() -> None:
    at = datetime(2026, 11, 21, 14, 30, 5, 999_999, tzinfo=timezone(timedelta(hours=2)))
    sent = body("balance.low", at, 12, {"customer": "cus_1", "title": "Zürich"})
    assert sent == (
        '{"type":"balance.low","timestamp":"2026-11-21T12:30:05Z",'
        '"data":{"customer":"cus_1","title":"Zürich"},"seq":12}'
    )
    assert json.loads(body("webhook.test", datetime(2026, 11, 21, tzinfo=UTC), None, {})) == {
        "type": "webhook.test", "timestamp": "2026-11-21T00:00:00Z", "data": {},
    }  # fmt: skip
    assert json.loads(body("webhook.test", at, 0, {}))["seq"] == 0


@pytest.mark.parametrize(
    "url",
    [
        "https://example.com", "https://example.com/hooks?a=b%20c", "https://example.com:443/", "https://Example.COM:8443/x",
        "https://my_host-1.example.com.", "https://192.0.2.7/", "https://[2001:db8::7]/", "https://0.0.0.0/",
        f"https://{'a' * 63}.example/", f"https://example.com/{'x' * (LONGEST_URL - 20)}", "https://a.b2/",
        f"https://{'a.' * 126}a/",
    ],
)  # fmt: skip
def test_an_address_that_may_be_used(url: str) -> None:
    assert check_url(url).geturl().lower() == url.lower()


@pytest.mark.parametrize(
    ("url", "sentence", "reason"),
    [
        *[
            (url, MALFORMED, "url_malformed")
            for url in (
                "", "example.com", "ftp://example.com", "https://", "https:///x", "https://exämple.com", "https://a b.example",
                "https://example.com/\t", 'https://example.com/"', "https://example.com/<", "https://example.com/>",
                "https://example.com/\\x", "https://example.com/^", "https://example.com/`", "https://example.com/{",
                "https://example.com/|", "https://example.com/}", "https://[::1", "https://example.com:99999/",
                f"https://example.com/{'x' * (LONGEST_URL - 19)}",
            )
        ],
        (
            "https://user:word@example.com",
            "Leave the user name and password out: the signature proves who sends.",
            "url_with_password",
        ),
        ("https://example.com/#part", "Leave out the part after #: it is never sent.", "url_with_fragment"),
        ("http://example.com", "Use an address that begins with https://.", "url_not_https"),
        ("http://localhost", "Use an address that begins with https://.", "url_not_https"),
        ("https://example.com:8000", "Use port 443 (the default) or 8443.", "url_port"),
        *[
            (f"https://{host}/", "Write the host as a name, such as example.com.", "url_host")
            for host in (
                "017700000001", "0x7f000001", "127.1", "192.0.2.07", "1.2.3.4.5", "example.0x1", "2130706433.", "-a.example",
                "a-.example", "a..example", f"{'a' * 64}.example", "a+b.example", f"{'a.' * 126}ab", "[fe80::1%25eth0]",
            )
        ],
    ],
)  # fmt: skip
def test_an_address_that_may_not(url: str, sentence: str, reason: str) -> None:
    with pytest.raises(Refused) as refusal:
        check_url(url)
    refused = refusal.value
    assert (refused.sentence, refused.reason, refused.status, refused.field) == (sentence, reason, 422, "webhook_url")


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST", "127.0.0.1", "[::1]"])
def test_this_machine_may_be_named_where_that_is_allowed_by_any_port_and_without_tls(host: str) -> None:
    url = f"http://{host}:5000/hooks"
    assert check_url(url, allow_loopback=True).port == 5000
    with pytest.raises(Refused, match="begins with https"):
        check_url(url)
    with pytest.raises(Refused, match="begins with https"):
        check_url("http://127.0.0.2:5000/", allow_loopback=True)


def test_what_resolves_to_nothing_public_is_refused_without_saying_what_was_found() -> None:
    refused = not_public()
    assert refused.sentence == "Use an address on the public internet: this host name does not resolve to one."
    assert (refused.reason, refused.status, refused.field) == ("url_not_public", 422, "webhook_url")
