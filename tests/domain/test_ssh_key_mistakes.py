"""SSH keys: what people paste by mistake has its own words, which say what it is and alarm nobody."""

import pytest

from app.domain.errors import Refused
from app.domain.people import ssh_keys
from app.services.access import ssh_key_reading
from tests.support.ssh_keys import DSA, ECDSA, ED25519, OTHER, PRIVATE_OPENSSH, RSA, SAID

KIND, BODY, _COMMENT = ED25519.split(" ")
SECRET = PRIVATE_OPENSSH.splitlines()[4][:43]
HASHED = "|1|F1E1KeoE/eEWhi10WpGv4OdiO6Y=|3988QV0VE8wmZL7suNrYQLITLCg="
FILE, ADDRESS, FINGERPRINT = (
    "This is the name of a file.",
    "This is an address.",
    "This is the fingerprint of a key, not the key.",
)
HOSTS, OPTIONS, BROKEN = "This is the key of a host,", "Options stand before this key", "This key is not complete,"
NONE, IN_TEXT = "This is no SSH key that can be added.", "Other text stands around this key."
LINES, SEVERAL = "This key is broken into several lines.", "These are several keys."
MISTAKES = {
    "/home/nora/.ssh/id_ed25519.pub": FILE,
    "~/.ssh/id_ed25519": FILE,
    "id_ed25519.pub": FILE,
    r"C:\Users\Nora Hansen\.ssh\id_ed25519.pub": FILE,
    r"$HOME\.ssh\id_ed25519.pub": FILE,
    "https://github.com/northwind-labs.keys": ADDRESS,
    "git@github.com:northwind-labs/billing-portal-2026.git": ADDRESS,
    SAID[RSA][1]: FINGERPRINT,
    f"256 {SAID[ED25519][1]} nora@laptop (ED25519)": FINGERPRINT,
    "2048 MD5:16:27:ac:a5:76:28:2d:36:63:1b:56:4d:eb:df:a6:48 nora@laptop (RSA)": FINGERPRINT,
    "\n".join(f"256 {each[1]} nora@laptop (ED25519)" for each in SAID.values()): FINGERPRINT,
    f"{KIND} {BODY[1:]} nora@laptop": BROKEN,
    f"{KIND} {BODY[9:]} nora@laptop": BROKEN,
    f"ssh-rsa {RSA.split()[1][3:]}": BROKEN,
    f"> {RSA[:100]}\n> {RSA[100:200]}\n> {RSA[200:]}": LINES,
    f"{RSA[:100]}\\\n{RSA[100:200]}\\\r\n{RSA[200:]}": LINES,
    f'command="/usr/bin/rsync --server /srv/backup-2026",restrict {ED25519}': OPTIONS,
    f'from="2001:db8:85a3:8d3:1319:8a2e:370:7348,192.0.2.17" {ED25519}': OPTIONS,
    f'no-pty,command="echo \\"2026-11-30 09:24\\"" {ED25519}\nrestrict {OTHER}': OPTIONS,
    f"restrict,pty {ED25519}": OPTIONS,
    f"no-pty,no-agent-forwarding,no-port-forwarding,no-X11-forwarding,no-user-rc {ED25519}": OPTIONS,
    f"cert-authority,no-touch-required  {OTHER}\nRestrict,verify-required {ED25519}": OPTIONS,
    f'X11-forwarding,from="10.0.0.0/8",pty {ED25519}': OPTIONS,
    f"pty.northwind.example,192.0.2.17 {OTHER}": HOSTS,
    f"# build.northwind.example:22 SSH-2.0-OpenSSH_9.6p1 Ubuntu-3ubuntu13.5\nbuild.northwind.example {OTHER}": HOSTS,
    "\n".join(f"ec2-203-0-113-25.compute-1.example {each.rpartition(' ')[0]}" for each in (RSA, ECDSA, OTHER)): HOSTS,
    f"[192.0.2.17]:2222 {OTHER}": HOSTS,
    f"{HASHED} {OTHER.rpartition(' ')[0]}": HOSTS,
    f"@cert-authority *.northwind.example {OTHER}": HOSTS,
    "github.com/northwind-labs.keys": ADDRESS,
    "Host build\n  HostName build.northwind.example\n  Port 2222\n  IdentityFile ~/.ssh/id_ed25519": NONE,
    f"ssh_authorized_keys:\n  - {ED25519}\n  - {OTHER}": IN_TEXT,
    f"- {ED25519}": IN_TEXT,
    f"key: {ED25519}": IN_TEXT,
    f'"{ED25519}"': IN_TEXT,
    f"echo '{ED25519}' >> ~/.ssh/authorized_keys": IN_TEXT,
    f"This is my key:\n{ED25519}": IN_TEXT,
    f"ssh-rsa\n{RSA.split()[1]}": LINES,
    f"{ED25519}\n{OTHER}": SEVERAL,
    DSA: "This is a DSA key",
}


@pytest.mark.parametrize("text", MISTAKES)
def test_a_mistake_of_a_plain_shape_has_its_own_words(text: str) -> None:
    with pytest.raises(Refused) as refused:
        ssh_key_reading.read(text)
    assert refused.value.sentence.startswith(MISTAKES[text]) and "private" not in refused.value.sentence


@pytest.mark.parametrize(
    "text",
    [
        f"/home/nora/{SECRET}/id.pub",
        f"https://northwind.example/{SECRET}",
        f"256 {SAID[ED25519][1]} {SECRET} (ED25519)",
        f"{SECRET}.example {OTHER}",
        f"{HASHED} {OTHER}\n{SECRET}",
        f"{KIND} {SECRET}",
        f"github.com/{SECRET}.keys",
        f'"{ED25519} {SECRET}"\n{SECRET}',
        f"> {SECRET}",
        f'{SECRET}="desk",restrict {ED25519}',
        SECRET,
    ],
)
def test_a_shape_hides_no_secret_and_the_sentence_is_calm(text: str) -> None:
    with pytest.raises(Refused) as refused:
        ssh_key_reading.refuse_private(text)
    assert (refused.value.reason, refused.value.sentence) == ("private_key", ssh_keys.part_of_private().sentence)
    assert "may be a part of a private key" in refused.value.sentence and "If it is one," in refused.value.sentence


@pytest.mark.parametrize(
    "note",
    ["# made 2026-11-30 09:24 on ip-10-0-12-34", "#", f"  # {SECRET}", f"# {OTHER}", "# key 550e8400-e29b-41d4-a716"],
)
def test_a_line_that_begins_with_a_hash_is_no_reason_to_refuse_the_key_below(note: str) -> None:
    read = ssh_key_reading.read(f"{note}\n{ED25519}\n{note}\n")
    assert ssh_keys.name_of("", read.line) == "alice@laptop"
    kept = ssh_key_reading.without_secret_comment(f"{note}\r\n{ED25519}")
    assert SECRET not in kept and kept.endswith(ED25519), "the comment of the key is kept"


def test_a_secret_behind_a_hash_is_not_shown_again() -> None:
    assert ssh_key_reading.without_secret_comment(f"# {SECRET}") == ""
    for text in (f"# {SECRET}", f"# {SECRET}\n{DSA}", f"{DSA.rpartition(' ')[0]} {SECRET}"):
        ssh_key_reading.refuse_private(text)
        with pytest.raises(Refused) as refused:
            ssh_key_reading.refuse_private(text, with_comments=True)
        assert refused.value.sentence == ssh_keys.comment_not_shown().sentence
