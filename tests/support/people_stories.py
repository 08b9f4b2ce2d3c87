"""What people do of which events are sent out: what they ask for, their own keys, who joins and who goes."""

from sqlalchemy import select

from app.domain.people.acting import By
from app.domain.people.members import Role
from app.domain.people.profiles import Profile
from app.models.database import db
from app.models.people import Invitation
from app.models.scope import as_service
from app.models.sign_in import SignInLink
from app.services import link_tokens
from app.services.access import ssh_keys
from app.services.people import invitations, joining, profiles, team
from app.services.sign_in import emails
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


def a_newsletter(stage: Stage) -> None:
    """A member asks for the newsletter."""
    actor = cast.make_actor(cast.ALICE, stage.acme())
    profiles.replace(actor.member_id, actor.customer_id, Profile(actor.name, newsletter=True))
    stage.works()


def another_address(stage: Stage) -> None:
    """A member confirms another address to sign in with."""
    actor = cast.make_actor(cast.ALICE, stage.acme())
    emails.ask(By(actor.member_id, actor.customer_id), "alice@new.example")
    with as_service("read the link"):
        hashed = db.session.scalar(select(SignInLink.token_hash).where(SignInLink.member_id == actor.member_id))
    emails.confirm(str(hashed), actor.member_id, address="", browser="")
    stage.works()


def a_team(stage: Stage) -> None:
    """Somebody is invited, joins, gets another role and is removed."""
    acme = stage.acme()
    olivia = cast.make_actor(cast.Part("Olivia Orr", "olivia@acme.example", Role.OWNER), acme)
    invitations.invite(olivia, "carol@acme.example", Role.VIEWER)
    with as_service("read the link"):
        row = db.session.get_one(Invitation, (acme.customer_id, "carol@acme.example"))
        token = link_tokens.token(acme.customer_id, row.email, row.asked_at, link_tokens.INVITATION)
    carol = joining.sign_up(token, "Carol Cole", cast.PASSWORD)
    team.change_role(acme.customer_id, carol.member_id, Role.BILLING_MANAGER, by=olivia.member_id)
    team.remove(acme.customer_id, carol.member_id, by=olivia.member_id)
    stage.works()
