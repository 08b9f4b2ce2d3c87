"""SSH keys: a member's public keys are read, listed and removed; private ones are neither kept nor shown again."""

import base64
import json
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from app import clock
from app.domain.errors import Refused
from app.domain.people import ssh_keys as rule
from app.domain.people.members import Actor
from app.models.customers import Customer
from app.models.database import db
from app.models.events import AuditEntry, OutboxEvent
from app.models.mails import Mail
from app.models.members import Member, Membership
from app.models.scope import as_service
from app.models.ssh_keys import SshKey
from app.services.access import ssh_key_reading, ssh_keys
from app.services.transaction import transaction
from tests.support import cast
from tests.support.api import api_for
from tests.support.browser import Browser, Page
from tests.support.host import IN_A_FRAME, host_of
from tests.support.ssh_keys import ECDSA, ED25519, OTHER, PRIVATE_OPENSSH, PRIVATES, RSA, RSA_1024, SAID, blob
from tests.support.statements import counted

PATH = "/account/ssh-keys/"
FORM, SAVE = "#ssh_keys-form", "#ssh_keys-save"
LATER = timedelta(minutes=11)


def adds(browser: Browser, key: str, name: str = "") -> Page:
    return browser.submits(browser.opens(PATH), FORM, button=SAVE, public_key=key, name=name)


def events(customer: Customer) -> list[tuple[str, dict[str, Any]]]:
    with as_service("read events"):
        wanted = select(OutboxEvent).where(
            OutboxEvent.customer_id == customer.customer_id, OutboxEvent.type.startswith("ssh_key.")
        )
        return [
            (each.type, json.loads(each.data)) for each in db.session.scalars(wanted.order_by(OutboxEvent.sequence))
        ]


@pytest.mark.both_databases
def test_a_key_is_added_listed_given_to_the_host_and_removed(
    alice: Browser, app: Flask, alice_actor: Actor, acme: Customer
) -> None:
    page = alice.opens(PATH)
    assert (page.status, page.texts("h1"), "You have no SSH keys yet." in page.text) == (200, ["SSH keys"], True)
    saved = adds(alice, ED25519)
    assert (saved.status, saved.redirects, saved.notices()) == (200, (PATH,), ["The key alice@laptop is added."])
    assert saved.texts("#ssh_keys-content li strong") == ["alice@laptop"]
    assert saved.texts("#ssh_keys-content li code") == [SAID[ED25519][1]]
    listed = api_for(app).get(f"/customers/{acme.customer_id}/ssh_keys").get_json()
    ((given,), following) = listed["data"], listed["next_cursor"]
    facts = {"member": alice_actor.member_id, "member_email": alice_actor.email, "type": "ssh-ed25519"}
    facts |= {"fingerprint": SAID[ED25519][1], "public_key": ED25519.rpartition(" ")[0], "name": "alice@laptop"}
    assert (following, {each: given[each] for each in facts}, given["role"]) == (None, facts, "billing_manager")
    gone = alice.submits(saved, "#ssh_keys-content li form")
    assert gone.notices() == ["The key alice@laptop is removed, and hosts are notified now."]
    assert api_for(app).get(f"/customers/{acme.customer_id}/ssh_keys").get_json()["data"] == []
    sent = facts | {"customer": acme.customer_id, "ssh_key": given["id"]}
    assert events(acme) == [("ssh_key.added", sent), ("ssh_key.removed", sent)]
    with as_service("read the trail"):
        trail = select(AuditEntry).where(AuditEntry.action.startswith("ssh_key.")).order_by(AuditEntry.id)
        assert [(each.actor, json.loads(each.after or each.before)["fingerprint"]) for each in db.session.scalars(trail)] == [
            (alice_actor.member_id, SAID[ED25519][1])
        ] * 2  # fmt: skip
        assert db.session.scalars(select(SshKey)).all() == []
        mail = db.session.scalars(select(Mail).where(Mail.template == "ssh_key_added")).one()
    assert (mail.recipient, SAID[ED25519][1] in mail.context) == (alice_actor.email, True)


@pytest.mark.parametrize("line", SAID, ids=lambda each: each.split(" ")[0])
def test_a_fingerprint_is_that_of_ssh_keygen(line: str) -> None:
    read, (bits, fingerprint, _type) = ssh_key_reading.read(line), SAID[line]
    assert (read.bits, read.fingerprint, read.public_key) == (bits, fingerprint, line.rpartition(" ")[0])


@pytest.mark.parametrize("text", PRIVATES, ids=range(len(PRIVATES)))
def test_a_private_key_is_refused_and_no_longer_there(alice: Browser, acme: Customer, text: str) -> None:
    """Also 11 minutes after the sign-in: it is in no question's form either."""
    for at in (clock.now(), clock.now() + LATER):
        with clock.at(at):
            refused = adds(alice, text, "laptop")
        assert refused.status == 422 and refused.find("#public_key-error").text.startswith("This is a private key")
        assert "throw that key away" in refused.text and refused.value("name") == "laptop"
        secret = max(text.split(), key=len)[:40]
        assert secret not in refused.text and secret not in str(refused.soup)
    with as_service("look for it"):
        assert db.session.scalars(select(SshKey)).all() == [] and events(acme) == []


@pytest.mark.parametrize(
    "words",
    [
        "private key of my laptop", "my-private-key@laptop", "Private-Mac",
        "back-end private key: laptop", "private_key=laptop", "age-secret-key-backup",
    ],
)  # fmt: skip
def test_a_key_may_be_called_private_in_words(alice: Browser, words: str) -> None:
    for key, name in ((ED25519, words), (OTHER.rpartition(" ")[0] + f" {words}", "")):
        saved = adds(alice, key, name)
        assert (saved.status, saved.notices()) == (200, [f"The key {words} is added."])


@pytest.mark.parametrize(
    "text",
    [
        "-----BEGIN RSA PRIVATE KEY-----",
        "BEGIN OPENSSH PRIVATE KEY",
        "OPENSSH PRIVATE KEY-----",
        "-----END PRIVATE KEY-----",
        "---- BEGIN SSH2 ENCRYPTED PRIVATE KEY ----",
        "-----BEGIN PGP PRIVATE KEY BLOCK-----",
        "-----begin ec private key-----",
        "PuTTY-User-Key-File-3: ssh-ed25519",
        "Private-Lines: 1",
        "AGE-SECRET-KEY-1QQPQZ",
        "SSH_PRIVATE_KEY=MHcCAQEEIHZZ85osIKP2",
        '"private_key": "MHcCAQEEIHZZ85osIKP2"',
        "b3BlbnNzaC1rZXktdjEA",
        '{"kty":"OKP","d" : "nWGx"}',
    ],
)
def test_the_armour_of_private_keys_is_known(text: str) -> None:
    assert rule.is_private(text) and rule.is_private(f"of my laptop\n{text}\n")


@pytest.mark.parametrize(
    "text",
    [
        base64.b64encode(PRIVATE_OPENSSH.encode()).decode(),
        base64.b64encode(PRIVATE_OPENSSH.encode()).decode()[:70],
        "\n".join(PRIVATE_OPENSSH.splitlines()[2:4]),
        f"{RSA}\n{PRIVATE_OPENSSH.splitlines()[3]}",
    ],
)
def test_wrapped_and_cut_private_keys_are_refused_in_both_fields(alice: Browser, text: str) -> None:
    refused = adds(alice, text, "laptop")
    assert refused.status == 422 and "private key" in refused.find("#public_key-error").text
    assert max(text.split(), key=len)[:40] not in str(refused.soup)
    if "ssh-" not in text:
        with clock.at(clock.now() + LATER):
            named, both = adds(alice, ED25519, text), adds(alice, text, text)
        assert text not in str(both.soup)
        assert named.status == 422 and named.value("name") == "" and "private key" in named.text


@pytest.mark.parametrize("field", ["public_key", "name"])
def test_what_is_longer_than_any_key_is_not_looked_into_and_not_shown_again(
    alice: Browser, monkeypatch: pytest.MonkeyPatch, field: str
) -> None:
    """Looking for keys in a long text takes long: whoever may add one could keep the server busy."""
    decoded: list[int] = []
    decode = base64.b64decode
    monkeypatch.setattr(base64, "b64decode", lambda text, **how: (decoded.append(len(text)), decode(text, **how))[1])
    lines = "\n".join([ED25519.split()[1]] * 5_000)
    token = alice.opens(PATH).value("csrf_token")
    refused = alice.posts(PATH, {"csrf_token": token, "public_key": ED25519, "name": "desk", field: lines})
    assert refused.status == 422 and "This is longer than any SSH key." in refused.text
    assert lines[:200] not in str(refused.soup) and max(decoded, default=0) < 100
    short = "\n".join([ED25519.split()[1]] * 250)
    alice.posts(PATH, {"csrf_token": token, "public_key": short})
    assert 0 < sum(decoded) < 40 * len(short), "each of the keys is read by itself"


def test_a_good_key_may_have_a_long_name_and_a_hash_for_a_comment(alice: Browser) -> None:
    hashed, name = "da39a3ee5e6b4b0d3255bfef95601890afd80709", "The second laptop of Alice, in Berlin"
    saved = adds(alice, ED25519.replace("alice@laptop", hashed), name)
    assert saved.errors() == [] and saved.texts("#ssh_keys-content li strong") == [name]


def test_weak_keys_are_refused(alice: Browser) -> None:
    identity = b"\1" + bytes(31)
    for line in (
        blob("ssh-rsa", b"\1\0\1", b"\0" + (2**2048 - 1).to_bytes(256)),
        blob("ssh-rsa", b"\1\0\1", b"\0" + (2**2047 + 2).to_bytes(256)),
        blob("ssh-rsa", b"\1\0\1", ((2**1279 - 1) ** 2).to_bytes(320)),
        blob("ssh-ed25519", bytes(32)),
        blob("sk-ssh-ed25519@openssh.com", identity, b"ssh:"),
    ):
        assert adds(alice, line).errors() == [rule.weak().sentence]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (RSA_1024, "This RSA key has 1024 bits, which is too short to be safe. Make an ed25519 key, or RSA with 3072 bits."),
        (ED25519.replace("AAAAIBMT", "AAAAIBM"), "This key is not complete, or was changed. Copy the whole line of the .pub file again."),
        (ED25519.replace("ssh-ed25519 ", "ssh-rsa "), "This key is not complete, or was changed. Copy the whole line of the .pub file again."),
        (f"{RSA[:120]} alice", "This key is not complete, or was changed. Copy the whole line of the .pub file again."),
        ("ssh-ed25519 é=", "This key is not complete, or was changed. Copy the whole line of the .pub file again."),
        ("", "Paste a public key."),
        ("a\0b", "This has a character that cannot be stored. Enter it again."),
    ],
)  # fmt: skip
def test_what_cannot_be_added_is_refused_and_stays_typed(alice: Browser, text: str, words: str) -> None:
    token = alice.opens(PATH).value("csrf_token")
    refused = alice.posts(PATH, {"csrf_token": token, "public_key": text, "name": "desk"})
    assert (refused.status, refused.texts("#public_key-error"), refused.value("name")) == (422, [words], "desk")
    if text.isprintable():
        assert refused.find("#public_key").text.strip() == text


def test_the_same_key_is_one_members_and_nobody_says_whose(alice: Browser, bob: Browser) -> None:
    adds(alice, ED25519, "desk")
    again = adds(alice, f"{ED25519}-2")
    assert (again.status, again.errors()) == (409, ["You have added this key already: desk."])
    taken = adds(bob, ED25519)
    assert (taken.status, taken.errors()) == (
        409, ["This key cannot be added: it is in use here. Each person needs a key of their own, so make a new one."],
    )  # fmt: skip
    assert "alice" not in taken.find("#public_key-error").text.lower()


def test_a_host_sees_the_keys_of_who_acts_for_the_customer_now_page_by_page(
    app: Flask, acme: Customer, globex: Customer, alice_actor: Actor, bob_actor: Actor
) -> None:
    for actor, key in ((alice_actor, ED25519), (bob_actor, ECDSA), (alice_actor, RSA)):
        ssh_keys.add(actor.member_id, acme.customer_id, key)
    path, api = f"/customers/{acme.customer_id}/ssh_keys", api_for(app, customer=acme)
    first = api.get(path, limit=2).get_json()
    second = api.get(path, limit=2, cursor=first["next_cursor"]).get_json()
    assert [each["type"] for each in first["data"] + second["data"]] == [
        "ssh-rsa",
        "ecdsa-sha2-nistp256",
        "ssh-ed25519",
    ]
    assert second["next_cursor"] is None
    assert api_for(app).get(f"/customers/{globex.customer_id}/ssh_keys").get_json()["data"] == []
    with as_service("disable Bob, and let Alice go"), transaction() as session:
        session.get_one(Member, bob_actor.member_id).disabled_at = clock.now()
        session.delete(session.get_one(Membership, (alice_actor.member_id, acme.customer_id)))
        ssh_keys.member_went(session, acme.customer_id, alice_actor.member_id)
    assert api.get(path).get_json()["data"] == []
    assert [kind for kind, _data in events(acme)] == ["ssh_key.added"] * 3 + ["ssh_key.removed"] * 2


def test_it_asks_for_the_password_and_keeps_what_was_typed(alice: Browser, alice_actor: Actor) -> None:
    page = alice.opens(PATH)
    with clock.at(clock.now() + LATER):
        asked = alice.submits(page, FORM, button=SAVE, public_key=ED25519, name="desk")
        assert asked.status == 401 and "Enter your password to add an SSH key." in asked.text
        saved = alice.submits(asked, "#confirm_access-form form", confirm_password=cast.PASSWORD)
    assert saved.texts("#ssh_keys-content li strong") == ["desk"]
    with clock.at(clock.now() + 2 * LATER):
        asked = alice.submits(saved, "#ssh_keys-content li form")
        assert asked.status == 401 and "Enter your password to remove the SSH key desk." in asked.text
    assert len(ssh_keys.own(alice_actor.member_id)) == 1


def test_nobody_removes_or_reads_anothers_key(
    alice: Browser, bob: Browser, visitor: Browser, app: Flask, origin: str, alice_actor: Actor
) -> None:
    adds(alice, ED25519)
    (key,) = ssh_keys.own(alice_actor.member_id)
    own = bob.opens(PATH)
    assert SAID[ED25519][1] not in own.text
    refused = bob.posts(f"{PATH}{key.id}/removal", {"csrf_token": own.value("csrf_token")})
    assert refused.status == 404 and ssh_keys.own(alice_actor.member_id)
    assert visitor.opens(PATH).path == "/sign-in?next=%2Faccount%2Fssh-keys%2F"
    frame = host_of(app, origin, alice_actor).frame(view="invoice_address")
    assert frame.opens(PATH, **IN_A_FRAME).status == 403


def test_a_viewer_has_keys_and_htmx_swaps_the_part(bob: Browser) -> None:
    token = bob.opens(PATH).value("csrf_token")
    part = bob.posts(PATH, {"csrf_token": token, "public_key": OTHER}, **{"HX-Request": "true"})
    assert (part.status, part.soup.find(recursive=False).get("id")) == (200, "ssh_keys-content")
    refused = bob.posts(PATH, {"csrf_token": token, "public_key": PRIVATE_OPENSSH}, **{"HX-Request": "true"})
    assert (refused.status, "This is a private key" in refused.text) == (422, True)


def test_a_member_has_fifty_keys_at_most(alice_actor: Actor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ssh_keys, "MOST", 1)
    ssh_keys.add(alice_actor.member_id, alice_actor.customer_id, ED25519)
    with pytest.raises(Refused, match="Remove one that you no longer use"):
        ssh_keys.add(alice_actor.member_id, alice_actor.customer_id, RSA)


def test_the_page_asks_one_statement_more_than_any_page(alice: Browser) -> None:
    adds(alice, ED25519)
    alice.opens(PATH)
    with counted() as seen:
        alice.opens(PATH)
    assert len(seen) <= 4, seen


def test_a_point_of_another_form_is_no_key(alice: Browser) -> None:
    for point in (bytes([2]) + bytes(range(32)), b"\0"):
        refused = adds(alice, blob("ecdsa-sha2-nistp256", b"nistp256", point))
        assert (refused.status, refused.errors()) == (422, [rule.broken().sentence])
