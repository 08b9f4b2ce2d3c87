"""Own account: what is kept about the member as a file, and its end. Both are sections of Authentication."""

from typing import Any

from flask import Blueprint, Response, make_response, redirect, request, url_for
from wtforms import StringField
from wtforms.validators import InputRequired

from app import clock
from app.domain.errors import Refused
from app.domain.language import marked
from app.domain.people import browsers
from app.domain.people.acting import By
from app.services.people import deletion, own_data
from app.web import login
from app.web.access import current_actor, fresh_only, from_address, own_sign_in_only
from app.web.fields import PageForm
from app.web.respond import show

bp = Blueprint("own_account", __name__, url_prefix="/account/authentication/account")
PAGE, CONTENT = "own_account/page.html", "own_account/_content.html"


@bp.app_context_processor
def section() -> dict[str, object]:
    """Let the page Authentication ask whether its section opens: not before a second factor that is asked for."""
    return {"is_gated": lambda: login.lacks_second_factor(current_actor())}


class DeletionForm(PageForm):
    """The member's own address, typed by whoever means it."""

    email = StringField(
        marked("Your e-mail address"),
        [InputRequired(marked("Enter the address that you sign in with."))],
        render_kw={"autocomplete": "off", "maxlength": 254, "spellcheck": "false"},
    )


@bp.get("/")
@own_sign_in_only
def page() -> Response:
    """Say what ends, what stays, and what is to be done first."""
    return show(PAGE, CONTENT, **_around(DeletionForm(formdata=None)))


@bp.get("/data.json")
@own_sign_in_only
@fresh_only(marked("download what is kept about you"), back="authentication.page")
def data() -> Response:
    """Hand out everything that is kept about the member."""
    answer = make_response(own_data.of(current_actor().member_id))
    answer.mimetype = "application/json"
    name = f"own-data-{clock.now().date().isoformat()}.json"
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


@bp.post("/deletion")
@own_sign_in_only
@fresh_only(marked("delete your account"), back="own_account.page")
def delete() -> Response:
    """End the account for good."""
    form, actor = DeletionForm(), current_actor()
    if not form.validate():
        return _refused(form, 422)
    agent = browsers.in_words(request.user_agent.string)
    by = By(actor.member_id, actor.customer_id, address=from_address(), browser=agent)
    try:
        deletion.delete_member(by, form.email.data or "")
    except Refused as refusal:
        form.refuse(refusal)
        return _refused(form, refusal.status)
    login.sign_out()
    return make_response(redirect(url_for("sign_in.page", deleted="1"), 303))


def _refused(form: DeletionForm, status: int) -> Response:
    form.point_at_first_error()
    return show(PAGE, CONTENT, status=status, **_around(form))


def _around(form: DeletionForm) -> dict[str, Any]:
    member_id = current_actor().member_id
    obstacles = deletion.in_the_way(member_id)
    return {
        "form": form,
        "obstacles": obstacles,
        "left_alone": [] if obstacles else deletion.left_alone(member_id),
    }
