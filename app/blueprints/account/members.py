"""Members: who acts for the customer, in which role; who is invited; who is not to any more."""

from typing import Any

from flask import Blueprint, flash, redirect, request, url_for
from werkzeug.wrappers import Response

from app.domain.errors import Refused
from app.domain.language import _, marked
from app.domain.people.members import Role
from app.domain.people.team import ask_owner, may_invite
from app.forms.members import InviteForm, RoleForm
from app.services.people import invitations, team
from app.web import login
from app.web.access import current_actor, fresh_only, from_address, managers_only, own_sign_in_only
from app.web.respond import saved, show

bp = Blueprint("members", __name__, url_prefix="/account/members")
PAGE, CONTENT = "members/page.html", "members/_content.html"
BACK = "members.page"


@bp.get("/")
@own_sign_in_only
def page() -> Response:
    """Show the members, who came first first, and who is invited."""
    return show(PAGE, CONTENT, **_around())


@bp.post("/invite")
@own_sign_in_only
@managers_only
@fresh_only(marked("invite a member"), back=BACK)
def invite() -> Response:
    """Ask somebody in by mail."""
    form, actor = _invite_form(), current_actor()
    if not form.validate():
        return _refused(form, 422)
    try:
        asked = invitations.invite(actor, form.email.data or "", Role(form.role.data), address=from_address())
    except Refused as refusal:
        if refusal.status == 403:
            raise
        form.refuse(refusal)
        return _refused(form, refusal.status)
    return saved(BACK, CONTENT, _("An invitation is on its way to {email}.", email=asked.email), **_around())


@bp.post("/invitations/<invitation_id>/again")
@own_sign_in_only
@managers_only
@fresh_only(marked("invite a member"), back=BACK)
def again(invitation_id: str) -> Response:
    """Mail the invitation again, with another link."""
    try:
        email = invitations.send_again(current_actor(), invitation_id, address=from_address())
    except Refused as refusal:
        if refusal.status != 409:
            raise
        flash(refusal.sentence, "bad")
        return redirect(url_for(BACK), 303)
    words = _("Another e-mail is on its way to {email}. The link before is over.", email=email)
    return saved(BACK, CONTENT, words, **_around())


@bp.post("/invitations/<invitation_id>/withdraw")
@own_sign_in_only
@managers_only
def withdraw(invitation_id: str) -> Response:
    """End the invitation."""
    email = invitations.withdraw(current_actor(), invitation_id, address=from_address())
    return saved(BACK, CONTENT, _("The invitation of {email} is withdrawn.", email=email), **_around())


@bp.get("/<member_id>")
@own_sign_in_only
def member(member_id: str) -> Response:
    """Show one member, and what an owner may change."""
    actor, found = current_actor(), team.one(current_actor().customer_id, member_id)
    form = RoleForm(formdata=None, data={"role": found.role.value})
    return show("members/member.html", "members/_member.html", found=found, form=form, actor=actor)


@bp.post("/<member_id>/role")
@own_sign_in_only
@managers_only
@fresh_only(marked("change a member's role"), back=BACK)
def change_role(member_id: str) -> Response:
    """Give the member another role."""
    actor, form = current_actor(), RoleForm()
    found = team.one(actor.customer_id, member_id)
    ask_owner(actor.role)
    if not form.validate():
        return _one_refused(member_id, form, 422)
    try:
        found = team.change_role(
            actor.customer_id, member_id, Role(form.role.data), by=actor.member_id, address=from_address()
        )
    except Refused as refusal:
        form.refuse(refusal)
        return _one_refused(member_id, form, refusal.status)
    flash(_("{name}: {role} from now on.", name=found.name, role=found.role.named), "ok")
    return redirect(url_for(BACK), 303)


@bp.post("/<member_id>/remove")
@own_sign_in_only
@managers_only
@fresh_only(marked("remove a member"), back=BACK)
def remove(member_id: str) -> Response:
    """Take the member off the customer; sessions and links end at once."""
    actor = current_actor()
    found = team.one(actor.customer_id, member_id)
    ask_owner(actor.role)
    words = _("{name} is no longer a member. Every session of theirs here has ended.", name=found.name)
    return _gone(member_id, words)


@bp.post("/leave")
@own_sign_in_only
@fresh_only(marked("leave the customer"), back=BACK)
def leave() -> Response:
    """Take oneself off the customer."""
    return _gone(current_actor().member_id, "")


def _gone(member_id: str, notice: str) -> Response:
    actor = current_actor()
    try:
        team.remove(actor.customer_id, member_id, by=actor.member_id, address=from_address())
    except Refused as refusal:
        if refusal.status != 409:
            raise
        flash(refusal.sentence, "bad")
        return redirect(url_for(BACK), 303)
    if member_id == actor.member_id:
        login.sign_out()
        return redirect(url_for("sign_in.page"), 303)
    flash(notice, "ok")
    return redirect(url_for(BACK), 303)


def _invite_form(**more: Any) -> InviteForm:
    role = current_actor().role
    return InviteForm(**more).offers(lambda wanted: may_invite(role, wanted))


def _refused(form: InviteForm, status: int) -> Response:
    form.point_at_first_error()
    return show(PAGE, CONTENT, status=status, **(_around() | {"form": form}))


def _one_refused(member_id: str, form: RoleForm, status: int) -> Response:
    actor = current_actor()
    found = team.one(actor.customer_id, member_id)
    return show("members/member.html", "members/_member.html", status=status, found=found, form=form, actor=actor)


def _around() -> dict[str, Any]:
    actor, after = current_actor(), request.args.get("after", "")[:40]
    rows, last = team.listed(actor.customer_id, after=after)
    waiting = invitations.waiting(actor.customer_id)
    return {
        "rows": rows,
        "more": url_for(BACK, after=last) if last else "",
        "first": url_for(BACK) if after else "",
        "waiting": [(each, may_invite(actor.role, each.role)) for each in waiting],
        "form": _invite_form(formdata=None),
        "actor": actor,
        "is_owner": actor.role is Role.OWNER,
    }
