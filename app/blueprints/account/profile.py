"""Profile: who the member is, and how the portal looks and shows the time for them alone."""

from dataclasses import asdict
from typing import Any

from flask import Blueprint
from werkzeug.wrappers import Response

from app import languages, locale
from app.domain import language
from app.domain.errors import Refused
from app.domain.language import _, marked
from app.domain.messages import weeks
from app.domain.people.profiles import Profile
from app.forms.profile import THEMES, ProfileForm
from app.services.customers import invoice_recipients
from app.services.people import profiles
from app.web.access import current_actor, current_customer, from_address, own_sign_in_only
from app.web.respond import reloaded, show

bp = Blueprint("profile", __name__, url_prefix="/account/profile")
PAGE, CONTENT = "profile/page.html", "profile/_content.html"
SAVED = marked("Your profile is saved.")
SAVED_TOO = marked("Your profile is saved. Language of invoices and e-mails of {customer} from now on: {language}.")


@bp.get("/")
@own_sign_in_only
def page() -> Response:
    """Show the profile, and the form that changes it."""
    kept = profiles.current(current_actor().member_id)
    return show(PAGE, CONTENT, **_around(ProfileForm(formdata=None, data=asdict(kept)), kept))


@bp.post("/")
@own_sign_in_only
def save() -> Response:
    """Keep the profile as it was typed."""
    form, actor = ProfileForm(), current_actor()
    if not form.validate():
        return _refused(form, 422)
    try:
        kept = profiles.replace(actor.member_id, actor.customer_id, form.wanted(), address=from_address())
    except Refused as refusal:
        form.refuse(refusal)
        return _refused(form, refusal.status)
    chosen = kept.language or languages.of_browser()
    languages.choose(chosen)
    said = _(SAVED)
    if form.documents.data and actor.may_manage:
        by, at = actor.member_id, from_address()
        invoice_recipients.choose_language(actor.customer_id, chosen, by=by, address=at)
        said = _(SAVED_TOO, customer=actor.customer_name, language=_in_a_sentence(chosen))
    return reloaded("profile.page", said)  # all of the page may look otherwise now


def _refused(form: ProfileForm, status: int) -> Response:
    form.point_at_first_error()
    return show(PAGE, CONTENT, status=status, **_around(form, profiles.current(current_actor().member_id)))


def _in_a_sentence(tag: str) -> str:
    """Return what the language is called inside a sentence: `français`; in English as its own readers call it."""
    return language.NAMES.get(tag, tag) if language.current() == language.ENGLISH else locale.language_name(tag)


def _around(form: ProfileForm, kept: Profile) -> dict[str, Any]:
    for name in ("name", "username", "location", "company", "time_zone"):
        form.mark(name, **{"data-saved": getattr(kept, name)})
    return {
        "form": form,
        "kept": kept,
        "zones": weeks.zones(),
        "themes": THEMES,
        "languages": language.named(),
        "of_browser": _in_a_sentence(languages.of_browser()),
        "customer": current_customer(),
    }
