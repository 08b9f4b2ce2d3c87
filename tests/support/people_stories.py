"""What people do of which events are sent out: their own keys."""

from app.services.access import ssh_keys
from tests.support import cast
from tests.support.event_stories import Stage
from tests.support.ssh_keys import ED25519


def an_ssh_key(stage: Stage) -> None:
    """A member adds an SSH key, and removes it."""
    actor = cast.make_actor(cast.ALICE, stage.acme())
    key = ssh_keys.add(actor.member_id, actor.customer_id, ED25519)
    stage.works()
    ssh_keys.remove(actor.member_id, actor.customer_id, key.id)
    stage.works()
