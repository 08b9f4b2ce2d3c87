"""The mails of the demo, which sends none: what the customer of the signed-in member would have got.

Only in the demo and in tests.
"""

from flask import Blueprint, Response, make_response, render_template

from app import clock
from app.domain import mails
from app.extensions import settings
from app.services.mail import sending
from app.web.security_headers import policy

bp = Blueprint("dev_mail", __name__, url_prefix="/dev/mail")
# A mail brings its own styles and may load, send and run nothing; its links open in pages of their own. `sandbox` makes
# it nobody's page, in the frame and out of it.
_FRAME = (
    "default-src 'none'; style-src 'unsafe-inline'; form-action 'none'; frame-ancestors 'self'; "
    "sandbox allow-popups allow-popups-to-escape-sandbox"
)


@bp.get("/")
def page() -> Response:
    """List the newest mails."""
    return make_response(
        render_template("dev_mail/page.html", mails=sending.kept(), titles=mails.TITLES, now=clock.now())
    )


@bp.get("/<mail_id>")
def mail(mail_id: str) -> Response:
    """Show one mail: its text, and its HTML in a frame."""
    mail, now = sending.get(mail_id), clock.now()
    answer = make_response(render_template("dev_mail/mail.html", mail=mail, titles=mails.TITLES, now=now))
    answer.headers["Content-Security-Policy"] = policy(settings()).replace("frame-src 'none'", "frame-src 'self'")
    return answer


@bp.get("/<mail_id>/html")
def html(mail_id: str) -> Response:
    """Answer with the HTML alone, for the frame. Its links open beside it, where a page of the portal may be shown."""
    body = sending.get(mail_id).body_html.replace("<head>", '<head>\n<base target="_blank">', 1)
    answer = make_response(body)
    answer.headers["Content-Security-Policy"] = _FRAME
    return answer
