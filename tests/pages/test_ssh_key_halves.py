"""SSH keys: the private half of the key that is pasted is neither kept nor shown again."""

import base64

from app import clock
from app.domain.people import ssh_keys as rule
from tests.pages.test_ssh_keys import LATER, adds
from tests.support.browser import Browser
from tests.support.ssh_keys import blob


def test_the_half_of_the_key_is_neither_kept_nor_shown_again_in_either_field(alice: Browser) -> None:
    raw = bytes.fromhex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60")
    line = blob("ssh-ed25519", bytes.fromhex("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"))
    cut = ".".join(base64.b64encode(raw).decode()[at : at + 4] for at in range(0, 44, 4))
    for key, name in ((f"{line} {cut}", "desk"), (line, cut), (f"{line} {cut}", cut)):
        with clock.at(clock.now() + LATER):
            refused = adds(alice, key, name)
        assert refused.status == 422 and cut not in str(refused.soup), (key, name)
    assert refused.errors() == [rule.private().sentence]
