"""SSH keys: the member's public keys, which hosts are given for the customers that the member acts for."""

from collections.abc import Callable
from functools import partial
from typing import Any

from flask import Blueprint, request
from werkzeug.wrappers import Response
from wtforms import Field

from app.domain.errors import Refused
from app.domain.language import _, marked
from app.domain.people import browsers
from app.domain.people.ssh_keys import said
from app.forms.ssh_keys import SshKeyForm
from app.services.access import ssh_key_reading, ssh_keys
from app.web.access import current_actor, fresh_only, from_address, own_sign_in_only
from app.web.respond import saved, show

bp = Blueprint("ssh_keys", __name__, url_prefix="/account/ssh-keys")
PAGE, CONTENT = "ssh_keys/page.html", "ssh_keys/_content.html"


def _is_public() -> bool:
    """Say whether the password is worth asking for: a private key is refused at once, and is in no question's form."""
    try:
        ssh_key_reading.refuse_private(request.form.get("public_key", ""), request.form.get("name", ""))
    except Refused:
        return False
    return True


def _asked_with(field: str, value: str) -> str:
    """Return what the question for the password keeps of a field: no comment with a secret, but that one was there."""
    match field:
        case "public_key":
            return ssh_key_reading.without_secret_comment(value)
        case "comment_left":
            return "yes" if value or ssh_key_reading.leaves_comment(request.form.get("public_key", "")) else ""
    return value


@bp.get("/")
@own_sign_in_only
def page() -> Response:
    """Show the member's keys, the form that adds one, and how a key is made."""
    return show(PAGE, CONTENT, **_around())


@bp.post("/")
@own_sign_in_only
@fresh_only(marked("add an SSH key"), back="ssh_keys.page", when=_is_public, keeps=_asked_with)
def add() -> Response:
    """Add the key that was pasted, or say what is wrong with it."""
    form, actor = SshKeyForm(), current_actor()
    text, name = form.public_key.data or "", form.name.data or ""
    try:
        ssh_key_reading.refuse_private(text, name)
        if not form.validate():
            return _refused(form, 422)
        where = {"address": from_address(), "browser": browsers.in_words(request.user_agent.string)}
        key = ssh_keys.add(actor.member_id, actor.customer_id, text, name, **where)
    except Refused as refusal:
        form.refuse(refusal)
        return _refused(form, refusal.status)
    is_comment_left = request.form.get("comment_left") or ssh_key_reading.leaves_comment(text)
    if not name.strip() and is_comment_left:
        words = _(
            "The key {name} is added. Its comment was not taken as the name, because too much of it is in no words.",
            name=key.name,
        )
        return _saved(words)
    return _saved(_("The key {name} is added.", name=key.name))


@bp.post("/<key_id>/removal")
@own_sign_in_only
@fresh_only(
    lambda key_id: _("remove the SSH key {name}", name=ssh_keys.one(current_actor().member_id, key_id).name),
    back="ssh_keys.page",
)
def remove(key_id: str) -> Response:
    """Remove the key. Whoever removed it in another window sees that it is gone."""
    actor = current_actor()
    key = ssh_keys.remove(actor.member_id, actor.customer_id, key_id, address=from_address())
    return _saved(_("The key {name} is removed, and hosts are notified now.", name=key.name))


def _saved(notice: str) -> Response:
    return saved("ssh_keys.page", CONTENT, notice, **_around())


def _refused(form: SshKeyForm, status: int) -> Response:
    """Show the form again, and why: what may be a part of a secret is not in it, whatever it is refused for."""
    _forget(form.public_key, partial(ssh_key_reading.refuse_private, with_comments=True))
    _forget(form.name, ssh_key_reading.refuse_private_name)
    form.point_at_first_error()
    return show(PAGE, CONTENT, status=status, **_around(form))


def _forget(field: Field, look: Callable[[str], None]) -> None:
    try:
        look(field.data or "")
    except Refused as refusal:
        field.data = ""
        if refusal.sentence not in field.errors:
            field.errors = [*field.errors, refusal.sentence]


def _around(form: SshKeyForm | None = None) -> dict[str, Any]:
    keys = ssh_keys.own(current_actor().member_id)
    return {"form": form or SshKeyForm(formdata=None), "keys": keys, "said": said}
