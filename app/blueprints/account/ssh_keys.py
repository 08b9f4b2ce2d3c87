"""SSH keys: the member's public keys, which hosts are given for the customers that the member acts for."""

from typing import Any

from flask import Blueprint, request
from werkzeug.wrappers import Response

from app.domain.errors import Refused
from app.domain.language import _, marked
from app.domain.people import browsers
from app.domain.people.ssh_keys import PRIVATE, said
from app.forms.ssh_keys import SshKeyForm
from app.services.access import ssh_key_reading, ssh_keys
from app.web.access import current_actor, fresh_only, from_address, own_sign_in_only
from app.web.respond import saved, show

bp = Blueprint("ssh_keys", __name__, url_prefix="/account/ssh-keys")
PAGE, CONTENT = "ssh_keys/page.html", "ssh_keys/_content.html"
_SAFE = 32
"""Beside a private key, a name of so many characters is shown again: no private key is so short."""


def _is_public() -> bool:
    """Say whether the password is worth asking for: a private key is refused at once, and is in no question's form."""
    try:
        name = request.form.get("name", "")
        ssh_key_reading.refuse_private_words(name)
        ssh_key_reading.refuse_private(request.form.get("public_key", ""), name)
    except Refused:
        return False
    return True


@bp.get("/")
@own_sign_in_only
def page() -> Response:
    """Show the member's keys, the form that adds one, and how a key is made."""
    return show(PAGE, CONTENT, **_around())


@bp.post("/")
@own_sign_in_only
@fresh_only(marked("add an SSH key"), back="ssh_keys.page", when=_is_public)
def add() -> Response:
    """Add the key that was pasted, or say what is wrong with it."""
    form, actor = SshKeyForm(), current_actor()
    text = form.public_key.data or ""
    try:
        _refuse_private_name(form)
        ssh_key_reading.refuse_private(text, form.name.data or "")
        if not form.validate():
            return _refused(form, 422)
        name, where = (
            form.name.data or "",
            {"address": from_address(), "browser": browsers.in_words(request.user_agent.string)},
        )
        key = ssh_keys.add(actor.member_id, actor.customer_id, text, name, **where)
    except Refused as refusal:
        if refusal.reason == PRIVATE:
            form.forget()
            form.name.data = (form.name.data or "") if len(form.name.data or "") <= _SAFE else ""
        form.refuse(refusal)
        return _refused(form, refusal.status)
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


def _refuse_private_name(form: SshKeyForm) -> None:
    """Refuse a private key that was pasted into the name, and take it out."""
    try:
        ssh_key_reading.refuse_private_words(form.name.data or "")
    except Refused:
        form.forget_name()
        raise


def _saved(notice: str) -> Response:
    return saved("ssh_keys.page", CONTENT, notice, **_around())


def _refused(form: SshKeyForm, status: int) -> Response:
    form.point_at_first_error()
    return show(PAGE, CONTENT, status=status, **_around(form))


def _around(form: SshKeyForm | None = None) -> dict[str, Any]:
    keys = ssh_keys.own(current_actor().member_id)
    return {"form": form or SshKeyForm(formdata=None), "keys": keys, "said": said}
