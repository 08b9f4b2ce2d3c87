"""SSH keys: what may be a part of a secret is neither kept nor shown again, whatever else the form is refused for."""

import base64
import json
import random
from collections.abc import Callable

import pytest
from cryptography.hazmat.primitives.asymmetric import ed25519
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from sqlalchemy import select

from app import clock
from app.domain.errors import Refused
from app.domain.people import ssh_keys as rule
from app.models.database import db
from app.models.events import OutboxEvent
from app.models.mails import Mail
from app.models.scope import as_service
from app.models.ssh_keys import SshKey
from tests.pages.test_ssh_keys import FORM, LATER, PATH, SAVE, adds
from tests.support import cast
from tests.support.browser import Browser
from tests.support.ssh_keys import ECDSA, ED25519, OTHER, PRIVATE_OPENSSH, RSA_1024, SAID

RAW = bytes.fromhex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60")
LINE = (
    ed25519.Ed25519PrivateKey.from_private_bytes(RAW).public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH)
)
KEY, SEED = LINE.decode(), base64.b64encode(RAW).decode()
LEFT, RIGHT = SEED[:22], SEED[22:]
UNNAMED = "The key ED25519 key is added. Its comment was not taken as the name, because too much of it is in no words."


@pytest.mark.parametrize("name", [SEED, RIGHT, RAW.hex(":")])
@pytest.mark.parametrize("comment", ["", LEFT], ids=["no comment", "half as the comment"])
def test_a_name_with_a_secret_is_refused_and_empty_again(alice: Browser, name: str, comment: str) -> None:
    for at in (clock.now(), clock.now() + LATER):
        with clock.at(at):
            refused = adds(alice, f"{KEY} {comment}".strip(), name)
        assert (refused.status, refused.value("name")) == (422, "")
        assert refused.find("#name-error").text == rule.secret_name().sentence
        assert name not in str(refused.soup) and not (comment and comment in str(refused.soup))


@pytest.mark.parametrize("comment", [LEFT, PRIVATE_OPENSSH.splitlines()[3]])
def test_a_comment_with_a_secret_is_not_taken_and_nowhere_kept(alice: Browser, comment: str) -> None:
    page = alice.opens(PATH)
    with clock.at(clock.now() + LATER):
        asked = alice.submits(page, FORM, button=SAVE, public_key=f"{KEY} {comment}", name="")
        assert asked.status == 401 and comment not in str(asked.soup) and KEY in str(asked.soup)
        asked = alice.submits(asked, "#confirm_access-form form", confirm_password="another one")
        assert asked.status in {401, 422} and comment not in str(asked.soup)
        saved = alice.submits(asked, "#confirm_access-form form", confirm_password=cast.PASSWORD)
    assert (saved.texts("#ssh_keys-content li strong"), saved.notices()) == (["ED25519 key"], [UNNAMED])
    alice.submits(saved, "#ssh_keys-content li form")
    again = adds(alice, f"{KEY} {comment}")
    assert again.notices() == [UNNAMED] and comment not in str(again.soup)
    with as_service("look for it"):
        kept = [each.context for each in db.session.scalars(select(Mail))]
        kept += [each.data for each in db.session.scalars(select(OutboxEvent))]
        kept += [each.name for each in db.session.scalars(select(SshKey))]
    assert comment not in json.dumps(kept)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (f"{RSA_1024.rpartition(' ')[0]} {LEFT}", rule.comment_not_shown),
        (f"{ED25519} {SEED}\n{OTHER}", rule.comment_not_shown),
        (f'from="10.0.0.0/8" {KEY} {LEFT}', rule.comment_not_shown),
        (f"{KEY} {LEFT}\0", rule.comment_not_shown),
        (f"{KEY}{SEED}", rule.part_of_private),
        (f"{ED25519.replace('AAAAIBMT', 'AAAAIBM')} {SEED}", rule.comment_not_shown),
        (f"ssh-ed25519 {ED25519.split()[1][:-1]}\n{SEED}", rule.part_of_private),
    ],
    ids=["weak", "several", "options", "unstorable", "behind", "broken", "cut off"],
)
def test_a_comment_with_a_secret_is_not_shown_again_whatever_the_key_is_refused_for(
    alice: Browser, text: str, words: Callable[[], Refused]
) -> None:
    token = alice.opens(PATH).value("csrf_token")
    refused = alice.posts(PATH, {"csrf_token": token, "public_key": text, "name": "desk"})
    assert (refused.status, refused.find("#public_key").text.strip(), refused.value("name")) == (422, "", "desk")
    assert words().sentence in refused.find("#public_key-error").text and LEFT not in str(refused.soup)


def test_a_key_that_is_there_already_brings_no_secret_back(alice: Browser) -> None:
    adds(alice, KEY, "desk")
    again = adds(alice, f"{KEY} {SEED}")
    assert again.status == 409 and "You have added this key already: desk." in again.text
    assert LEFT not in str(again.soup) and rule.comment_not_shown().sentence in again.text


def numbers() -> list[str]:
    """Return secret numbers of other keys, in Base64 and in hex."""
    drawn = random.Random(6)  # noqa: S311  # the same numbers each time
    found = [drawn.randbytes(size) for size in (32, 48, 66, 128, 256)]  # P-256, 384, 521; a prime and d of RSA
    return [write for each in found for write in (base64.b64encode(each).decode(), each.hex())]


def test_numbers_of_other_keys_are_no_names_no_comments_and_no_text(alice: Browser) -> None:
    token = alice.opens(PATH).value("csrf_token")
    for secret in numbers():
        for sent in ({"name": secret}, {"public_key": secret}, {"public_key": f"{OTHER}\n{secret}", "name": "desk"}):
            refused = alice.posts(PATH, {"csrf_token": token, "public_key": OTHER} | sent)
            assert (refused.status, secret[:20] in str(refused.soup)) == (422, False), sent
        with clock.at(clock.now() + LATER):
            asked = alice.posts(PATH, {"csrf_token": token, "public_key": f"{KEY} {secret}"})
        assert (asked.status, secret[:20] in str(asked.soup)) == (401, False), secret


def test_mistakes_are_said_calmly_and_a_private_looking_one_is_not_shown_again(alice: Browser) -> None:
    path = adds(alice, "/home/nora/.ssh/id_ed25519.pub", "desk")
    assert path.errors() == [rule.mistake("/home/nora/.ssh/id_ed25519.pub").sentence]  # type: ignore[union-attr]
    assert path.find("#public_key").text.strip() == "/home/nora/.ssh/id_ed25519.pub"
    asked = adds(alice, f"256 {SAID[ED25519][1]} nora@laptop (ED25519)")
    assert asked.find("#public_key").text.strip() == "" and asked.errors()[0].startswith("This is the fingerprint")
    for name in ("", "desk"):
        saved = adds(alice, f"# {SEED}\n{KEY} nora@laptop", name)
        assert saved.notices() == [f"The key {name or 'nora@laptop'} is added."] and SEED not in str(saved.soup)
        alice.submits(saved, "#ssh_keys-content li form")


def test_a_label_of_a_public_key_brings_no_secret_into_the_question_for_the_password(alice: Browser) -> None:
    for text in (f"-----BEGIN PUBLIC KEY-----\n{SEED}\n-----END PUBLIC KEY-----", f"--BEGIN my key\n{SEED}\n{KEY}"):
        for at in (clock.now(), clock.now() + LATER):
            with clock.at(at):
                refused = adds(alice, text, "desk")
            assert (refused.status, LEFT in str(refused.soup), refused.value("name")) == (422, False, "desk")
            assert refused.errors() == [rule.part_of_private().sentence]


def test_a_comment_of_words_or_a_name_needs_no_word_after_the_question(alice: Browser) -> None:
    page = alice.opens(PATH)
    for later, key, name, called in (
        (1, f"{KEY} nora@laptop", "", "nora@laptop"),
        (2, f"{OTHER} {LEFT}", "desk", "desk"),
    ):
        with clock.at(clock.now() + later * LATER):
            asked = alice.submits(page, FORM, button=SAVE, public_key=key, name=name)
            page = alice.submits(asked, "#confirm_access-form form", confirm_password=cast.PASSWORD)
        assert page.notices() == [f"The key {called} is added."]


@pytest.mark.parametrize("at", [64, 96, 100])
def test_a_secret_below_a_key_that_is_cut_off_is_neither_shown_again_nor_in_the_question(
    alice: Browser, at: int
) -> None:
    kind, body, _comment = ECDSA.split()
    for later in (clock.now(), clock.now() + LATER):
        with clock.at(later):
            refused = adds(alice, f"{kind} {body[:at]}\n{SEED}", "desk")
        assert (refused.status, SEED[:20] in str(refused.soup), refused.value("name")) == (422, False, "desk")
        assert refused.errors() == [rule.part_of_private().sentence]
