"""A fresh sign-in: sensitive changes ask for the password, or a passkey, where it was given more than ten minutes ago.

A form that was on its way is kept in the question and goes on with the password, by one and the same request: nothing
typed is lost, with and without JavaScript. What was only to be read is opened afterwards.
"""

from collections.abc import Mapping
from urllib.parse import urlsplit

from flask import Response, current_app, make_response, redirect, request, url_for
from werkzeug.exceptions import HTTPException
from wtforms import PasswordField
from wtforms.validators import InputRequired

from app.domain.errors import Refused
from app.domain.language import _, marked
from app.extensions import login as login_manager
from app.services.access import members
from app.services.sign_in import passkeys, two_factor
from app.services.sign_in.challenges import Purpose
from app.web import login, password_tries
from app.web.access import SAFE, Sensitive, current_actor
from app.web.embedding import frame, path_mode
from app.web.fields import PageForm
from app.web.respond import show, wants_fragment
from app.web.second_step import code_tries
from app.web.session_cookie import portal_session

PAGE, FORM = "confirm_access/page.html", "confirm_access/_form.html"
WINDOW_PAGE, WINDOW = "confirm_access/in_window.html", "confirm_access/_in_window.html"
PASSWORD = "confirm_password"  # noqa: S105  # the field's name: no form of a page has it
PASSKEY = "confirm_passkey"
"""The field that has the browser's answer where a passkey takes the place of the password."""
OURS = frozenset({PASSWORD, PASSKEY, "csrf_token"})
ANYTHING = Sensitive(marked("go on"), back="overview.page")


class ConfirmForm(PageForm):
    """The password of whoever is signed in."""

    confirm_password = PasswordField(
        marked("Password"),
        [InputRequired(marked("Enter your password."))],
        render_kw={"autocomplete": "current-password", "maxlength": 256, "autofocus": True},
    )
    status = 422
    """What an answer that shows the form again carries."""

    def confirms(self) -> bool:
        """Make the session fresh where the password fits; say in the form why not otherwise."""
        answer = request.form.get(PASSKEY, "")
        if not answer and not self.validate():
            return False
        try:
            if answer:
                _prove(answer)
            else:
                _check(self.confirm_password.data or "")
            if not login.confirm():
                words = _("You confirmed this in another window, or were signed out. Try again.")
                raise Refused(words, "ended", 409)
        except Refused as refusal:
            self.refuse(refusal)
            self.status = refusal.status
            return False
        return True


def _check(password: str) -> None:
    actor = current_actor()
    password_tries.counted(actor.email, lambda address: members.confirm(actor.member_id, password, address))


def _prove(answer: str) -> None:
    member_id, token = current_actor().member_id, portal_session().token
    code_tries.counted(member_id, lambda _address: passkeys.prove(answer, Purpose.CONFIRM, token, member_id))


def ask_before(wanted: str, *, form: ConfirmForm | None = None, status: int = 200) -> Response:
    """Ask for the password before the page `wanted` is opened; again, where `form` holds one that did not fit."""
    sensitive, values = _sensitive(wanted)
    onward = url_for("confirm_access.confirm")
    return _question(sensitive, sensitive.named(values), form, status, onward, [("next", wanted)])


@login_manager.needs_refresh_handler  # type: ignore[untyped-decorator]  # Flask-Login has no types
def _ask() -> Response | None:
    """Ask before the sensitive view of this request; None: the password came along and fits, so the request goes on."""
    here = path_mode.with_root(request.full_path.rstrip("?"))
    if frame.is_framed():
        return _ask_in_a_window(here)
    if request.method in SAFE:
        if wants_fragment():
            return ask_before(here, status=401)
        return make_response(redirect(url_for("confirm_access.page", next=here), 303))
    sensitive: Sensitive = current_app.view_functions[request.endpoint or ""].__dict__["is_sensitive"]
    purpose = sensitive.named(request.view_args or {})
    form = ConfirmForm() if PASSWORD in request.form or PASSKEY in request.form else None
    if form is not None and form.confirms():
        return None
    return _question(sensitive, purpose, form, 401, here, _typed(sensitive))


def _ask_in_a_window(here: str) -> Response:
    """Ask for the password in a window of its own; what was typed waits in the frame until it is sent again."""
    sensitive: Sensitive = current_app.view_functions[request.endpoint or ""].__dict__["is_sensitive"]
    return show(
        WINDOW_PAGE,
        WINDOW,
        status=401 if request.method not in SAFE else 200,
        form=PageForm(formdata=None),
        purpose=sensitive.named(request.view_args or {}),
        window=frame.window_to("confirm_access.page", next=path_mode.without_root(url_for("portal_session.done"))),
        back=url_for(sensitive.back),
        action=here,
        method="get" if request.method in SAFE else "post",
        kept=_typed(sensitive),
        in_place=wants_fragment(),
    )


def _typed(sensitive: Sensitive) -> list[tuple[str, str]]:
    typed = [each for each in request.form.items(multi=True) if each[0] not in OURS]
    return [(name, sensitive.keeps(name, value)) for name, value in typed] if sensitive.keeps else typed


def _question(
    sensitive: Sensitive,
    purpose: str,
    form: ConfirmForm | None,
    status: int,
    action: str,
    kept: list[tuple[str, str]],
) -> Response:
    answer = show(
        PAGE,
        FORM,
        status=form.status if form else status,
        form=form or ConfirmForm(formdata=None),
        purpose=purpose,
        actor=current_actor(),
        standing=two_factor.standing(current_actor().member_id),
        back=url_for(sensitive.back),
        action=action,
        kept=kept,
        in_place=wants_fragment(),
    )
    return password_tries.say_when(answer)


def _sensitive(wanted: str) -> tuple[Sensitive, Mapping[str, object]]:
    """Return why the page of ours is sensitive, and the arguments of its view."""
    try:
        endpoint, values = current_app.url_map.bind("").match(path_mode.without_root(urlsplit(wanted).path))
    except HTTPException:  # no page, or one that only takes forms
        return ANYTHING, {}
    found: Sensitive = current_app.view_functions[endpoint].__dict__.get("is_sensitive", ANYTHING)
    return found, values
