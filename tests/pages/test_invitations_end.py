"""An invitation is as good as whoever made it: it ends with what let them make it."""

from datetime import timedelta

import pytest

from app.domain.people.acting import By
from app.domain.people.members import Actor, Role
from app.models.customers import Customer
from app.services.access import members
from app.services.people import deletion, invitations, team
from tests.pages.test_members import PATH, link, olivia, olivia_actor
from tests.support.browser import Browser
from tests.support.cast import Part, make_actor
from tests.support.confirm_page import after

__all__ = ["olivia", "olivia_actor"]
SECOND = "eve2@new.example"
GONE = "Whoever sent this invitation may not invite any more. Ask another member of Acme for a new one."


@pytest.fixture
def eve(acme: Customer) -> Actor:
    return make_actor(Part("Eve Eel", "eve@acme.example", Role.OWNER), acme)


@pytest.mark.parametrize("way", ["removed", "demoted", "deleted", "disabled"])
def test_who_goes_does_not_come_back_by_an_invitation_of_their_own(
    acme: Customer, olivia: Browser, olivia_actor: Actor, eve: Actor, visitor: Browser, way: str
) -> None:
    invitations.invite(eve, SECOND, Role.OWNER)
    path = link(acme)
    page = visitor.opens(path)
    match way:
        case "removed":
            team.remove(acme.customer_id, eve.member_id, by=olivia_actor.member_id)
        case "demoted":
            team.change_role(acme.customer_id, eve.member_id, Role.BILLING_MANAGER, by=olivia_actor.member_id)
        case "deleted":
            deletion.delete_member(By(eve.member_id, acme.customer_id), eve.email)
        case _:
            members.let_in(eve.email, may_sign_in=False, by="seller")
    late = visitor.submits(page, "#invitation-form", name="Eve Again", password="nine brown otters swim")
    again = visitor.opens(path)
    assert (late.status, again.status) == ((403, 403) if way == "disabled" else (404, 404))
    assert again.texts("h1") == ["This link does not work"]
    assert ("whoever sent it may not invite any more" if way != "disabled" else GONE) in again.text
    waits = olivia.opens(PATH)
    assert waits.texts("#members-waiting tbody th") == ([SECOND] if way == "disabled" else [])
    assert waits.texts("#members-waiting .pill--warn") == (["Over"] if way == "disabled" else [])


def test_what_the_new_role_may_make_too_stays(
    acme: Customer, olivia_actor: Actor, eve: Actor, visitor: Browser
) -> None:
    invitations.invite(eve, SECOND, Role.VIEWER)
    path = link(acme)
    team.change_role(acme.customer_id, eve.member_id, Role.BILLING_MANAGER, by=olivia_actor.member_id)
    assert visitor.opens(path).status == 200
    team.change_role(acme.customer_id, eve.member_id, Role.VIEWER, by=olivia_actor.member_id)
    assert visitor.opens(path).status == 404


def test_who_sends_it_again_answers_for_it(
    acme: Customer, olivia: Browser, olivia_actor: Actor, eve: Actor, visitor: Browser
) -> None:
    made = invitations.invite(eve, SECOND, Role.VIEWER)
    link(acme)
    members.let_in(eve.email, may_sign_in=False, by="seller")
    with after(timedelta(minutes=11)):
        invitations.send_again(olivia_actor, made.id)
        assert visitor.opens(link(acme)).status == 200
