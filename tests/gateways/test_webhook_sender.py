"""Webhooks out reach the public internet and nothing else (AC-61): 30 hostile addresses, when saved and when sent to."""

import threading
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from standardwebhooks import Webhook

from app.domain.errors import Refused
from app.domain.webhooks import Answered, Unanswered, Verdict, verdict, words
from app.gateways import webhook_sender
from tests.support.ports import free_port
from tests.support.receiver import receiving
from tests.support.webhook_net import PUBLIC, PUBLIC_6, Net, net, tls_host
from tests.support.worker import until

__all__ = ["net"]

GOOD = "https://hooks.example/in"
HEADERS = {"webhook-id": "evt_1"}
NOT_THERE = "It cannot be sent to."
NOT_PUBLIC = "Its host leads to no address on the public internet."

HOSTILE = {
    "loopback": "https://127.0.0.1/",
    "loopback by name": "https://localhost/",
    "loopback by a rooted name": "https://localhost./",
    "another loopback": "https://127.8.8.8/",
    "short loopback": "https://127.1/",
    "decimal": "https://2130706433/",
    "octal": "https://0177.0.0.1/",
    "one octal number": "https://017700000001/",
    "hexadecimal": "https://0x7f000001/",
    "hexadecimal parts": "https://0x7f.0.0.1/",
    "this network": "https://0.0.0.0/",
    "private 10": "https://10.0.0.5/",
    "private 172": "https://172.16.4.4/",
    "private 192": "https://192.168.1.1/",
    "shared": "https://100.64.0.1/",
    "metadata": "https://169.254.169.254/latest/meta-data/",
    "benchmarking": "https://198.18.0.1/",
    "multicast": "https://224.0.0.1/",
    "broadcast": "https://255.255.255.255/",
    "loopback 6": "https://[::1]/",
    "unspecified 6": "https://[::]/",
    "mapped": "https://[::ffff:127.0.0.1]/",
    "mapped in hexadecimal": "https://[::ffff:7f00:1]/",
    "compatible": "https://[::127.0.0.1]/",
    "translated": "https://[::ffff:0:127.0.0.1]/",
    "NAT64": "https://[64:ff9b::7f00:1]/",
    "local NAT64": "https://[64:ff9b:1::a00:1]/",
    "6to4": "https://[2002:7f00:1::]/",
    "Teredo": "https://[2001:0:7f00:1::]/",
    "unique local": "https://[fd00::1]/",
    "link-local 6": "https://[fe80::1]/",
    "link-local with a zone": "https://[fe80::1%25eth0]/",
    "site-local": "https://[fec0::1]/",
    "multicast 6": "https://[ff02::1]/",
    "name of a private address": "https://inside.example/",
    "name of a private and a public address": "https://mixed.example/",
    "name of a mapped address": "https://mapped.example/",
    "name of nothing": "https://nowhere.example/",
    "plain HTTP": "http://hooks.example/",
    "another scheme": "file:///etc/passwd",
    "gopher": "gopher://hooks.example/",
    "another port": "https://hooks.example:6379/",
    "port nought": "https://hooks.example:0/",
    "too large a port": "https://hooks.example:99999/",
    "a password": "https://user:secret@hooks.example/",
    "a host behind a user": "https://hooks.example@127.0.0.1/",
    "a backslash": "https://hooks.example\\@127.0.0.1/",
    "a line break": "https://hooks.example/\r\nHost: inside",
    "an encoded host": "https://127%2e0.0.1/",
    "wide digits": "https://①②⑦.⓪.⓪.①/",
    "no host": "https:///in",
}


@pytest.fixture
def names(net: Net) -> Net:
    """Names that lead outside and inside."""
    net.name("hooks.example", [PUBLIC])
    net.name("localhost", ["127.0.0.1"])
    net.name("localhost.", ["127.0.0.1"])
    net.name("inside.example", ["10.1.2.3"])
    net.name("mixed.example", [PUBLIC, "192.168.0.9"])
    net.name("mapped.example", ["::ffff:169.254.169.254"])
    return net


@pytest.mark.case("AC-61")
@pytest.mark.parametrize("url", HOSTILE.values(), ids=HOSTILE.keys())
def test_a_hostile_address_is_refused_with_words_when_it_is_saved(names: Net, url: str) -> None:
    with pytest.raises(Refused) as refused:
        webhook_sender.look_up(url)
    assert (refused.value.status, refused.value.field) == (422, "webhook_url")
    assert refused.value.sentence.endswith(".") and len(refused.value.sentence) > 20
    assert names.connections == []


@pytest.mark.case("AC-61")
@pytest.mark.parametrize("url", HOSTILE.values(), ids=HOSTILE.keys())
def test_a_hostile_address_is_not_reached_when_it_is_sent_to(names: Net, url: str) -> None:
    answer = webhook_sender.post(url, "{}", HEADERS)
    assert isinstance(answer, Unanswered)
    assert answer.problem in {NOT_PUBLIC, NOT_THERE}
    assert names.connections == []


def test_there_are_thirty_hostile_addresses_and_more() -> None:
    assert len(HOSTILE) >= 30


@pytest.mark.case("AC-61")
@pytest.mark.fault("O6")
def test_a_name_bound_to_another_address_after_it_was_saved_is_not_followed(net: Net) -> None:
    net.name("hooks.example", [PUBLIC], ["127.0.0.1"])
    webhook_sender.look_up(GOOD)
    answer = webhook_sender.post(GOOD, "{}", HEADERS)
    assert (isinstance(answer, Unanswered), words(answer)) == (True, NOT_PUBLIC)
    assert net.connections == []


@pytest.mark.case("AC-61")
@pytest.mark.fault("O6")
def test_a_name_is_looked_up_once_and_the_address_that_was_looked_at_is_connected_to(net: Net) -> None:
    net.name("hooks.example", [PUBLIC], ["127.0.0.1"])
    answer = webhook_sender.post(GOOD, "{}", HEADERS)
    assert words(answer) == "The connection failed."
    assert net.lookups == ["hooks.example"]
    assert net.connections == [(PUBLIC, 443)]


def test_an_address_on_the_public_internet_is_taken(names: Net) -> None:
    names.name("six.example", [PUBLIC_6])
    for url in (
        GOOD,
        "https://hooks.example:8443/a?b=c",
        f"https://{PUBLIC}/",
        f"https://[{PUBLIC_6}]/",
        "https://six.example",
    ):
        webhook_sender.look_up(url)
    assert names.connections == []


def test_the_host_is_asked_under_its_name_and_must_prove_it(names: Net, tmp_path: Path) -> None:
    with tls_host(tmp_path, "hooks.example") as host:
        names.leads_to = host.port
        answer = webhook_sender.post(GOOD, "{}", HEADERS, trust=host.trust)
        assert (isinstance(answer, Answered), words(answer), host.asked) == (
            True,
            "",
            [("hooks.example", "hooks.example", "/in")],
        )
        names.name("other.example", [PUBLIC])
        other = webhook_sender.post("https://other.example/in", "{}", HEADERS, trust=host.trust)
        assert words(other) == "TLS failed, or its certificate is not trusted."
    assert len(host.asked) == 1
    assert names.connections == [(PUBLIC, 443), (PUBLIC, 443)]


def test_a_certificate_that_nobody_vouches_for_is_refused(names: Net, tmp_path: Path) -> None:
    with tls_host(tmp_path, "hooks.example") as host:
        names.leads_to = host.port
        answer = webhook_sender.post(GOOD, "{}", HEADERS)
    assert words(answer) == "TLS failed, or its certificate is not trusted."
    assert host.asked == []


@pytest.mark.case("AC-61")
def test_no_proxy_and_no_password_of_the_environment_is_used(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, names: Net
) -> None:
    for name in ("HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY", "https_proxy", "http_proxy", "all_proxy"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{free_port()}")
    netrc = tmp_path / "netrc"
    netrc.write_text("machine hooks.example login a password b\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    with tls_host(tmp_path, "hooks.example") as host:
        names.leads_to = host.port
        assert isinstance(webhook_sender.post(GOOD, "{}", HEADERS, trust=host.trust), Answered)
    assert names.connections == [(PUBLIC, 443)]


@pytest.mark.case("AC-61")
def test_this_machine_is_reached_only_where_it_is_allowed_and_named(tmp_path: Path) -> None:
    with receiving(tmp_path) as receiver:
        assert words(webhook_sender.post(receiver.url(), "{}", HEADERS)) == NOT_THERE
        assert receiver.requests() == []
        assert isinstance(webhook_sender.post(receiver.url(), "{}", HEADERS, allow_loopback=True), Answered)
        (got,) = receiver.requests()
    assert (got.body, got.headers["webhook-id"], got.headers["content-type"]) == ("{}", "evt_1", "application/json")
    assert "authorization" not in got.headers


@pytest.mark.parametrize(
    "url", ["https://inside.example/", "https://10.0.0.5/", "http://hooks.example/", "https://localhost.evil/"]
)
def test_allowing_this_machine_allows_nothing_else(names: Net, url: str) -> None:
    names.name("localhost.evil", ["127.0.0.1"])
    with pytest.raises(Refused):
        webhook_sender.look_up(url, allow_loopback=True)
    assert isinstance(webhook_sender.post(url, "{}", HEADERS, allow_loopback=True), Unanswered)
    assert names.connections == []


@pytest.mark.fault("O2", "O5")
@pytest.mark.parametrize("behaviour", ["hang", "drip"])
def test_an_answer_that_does_not_come_to_its_end_is_given_up(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, behaviour: str
) -> None:
    with receiving(tmp_path) as receiver:
        assert isinstance(webhook_sender.post(receiver.url(), "{}", HEADERS, allow_loopback=True), Answered)
        monkeypatch.setattr(webhook_sender, "SECONDS", 2)
        answer = webhook_sender.post(receiver.url(behaviour), "{}", HEADERS, allow_loopback=True)
        assert words(answer) == "It did not answer within 10 seconds."
        until(lambda: [each.path for each in receiver.requests()] == ["/200", f"/{behaviour}"])
        until(lambda: "webhook" not in {each.name for each in threading.enumerate()})  # the connection was cut


@pytest.mark.fault("O7")
@pytest.mark.parametrize(("behaviour", "status"), [("huge", 200), ("huge-302", 302)])
def test_a_huge_answer_is_not_taken_in(tmp_path: Path, behaviour: str, status: int) -> None:
    with receiving(tmp_path) as receiver:
        answer = webhook_sender.post(receiver.url(behaviour), "{}", HEADERS, allow_loopback=True)
        assert isinstance(answer, Answered) and answer.status == status
        assert receiver.sent() < 32 * 1024 * 1024  # what fits into the buffers on the way, of 200 MiB


@pytest.mark.fault("O3")
def test_a_redirect_is_not_followed(tmp_path: Path) -> None:
    with receiving(tmp_path) as receiver:
        answer = webhook_sender.post(receiver.url("redirect"), "{}", HEADERS, allow_loopback=True)
        assert [each.path for each in receiver.requests()] == ["/redirect"]
    assert verdict(answer) is Verdict.AGAIN
    assert words(answer) == "It answered 302, a redirect, which is never followed."


def test_an_event_is_signed_with_each_secret_whatever_the_zone_of_the_clock() -> None:
    new, old = "whsec_" + "bmV3IHNlY3JldCBvZiB0d2VudHktZm91cg==", "whsec_" + "b2xkIHNlY3JldCBvZiB0d2VudHktZm91cg=="
    now = datetime.now(UTC)
    elsewhere = now.astimezone(timezone(timedelta(hours=14)))
    headers = webhook_sender.signed((new, old), "evt_1", elsewhere, '{"é":1}')
    for secret in (new, old):
        assert Webhook(secret).verify('{"é":1}', headers) == {"é": 1}
    assert headers == webhook_sender.signed((new, old), "evt_1", now, '{"é":1}')
