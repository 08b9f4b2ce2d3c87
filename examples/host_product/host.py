"""The host's web server: a product with a sign-in of its own, a page that spends credit, and its customers' billing.

`make demo` starts it on the port after the portal's, with PURSER_URL, PURSER_API_KEY, PURSER_CUSTOMER (`cus_…`),
PURSER_WEBHOOK_SECRET and `clients/python` on the PYTHONPATH. It needs Flask, requests and standardwebhooks.
"""

import os
import secrets
import uuid
from collections import deque
from dataclasses import dataclass
from datetime import UTC, datetime

import requests
from flask import Flask, abort, redirect, render_template, request, session, url_for
from purser_client import Lease, NotCounted, Purser, Refused, Unavailable
from standardwebhooks import Webhook
from werkzeug.wrappers import Response

SHOWN = 12
REQUESTS, MINUTES, BLOCK = 2_000, 30, 1_000
PASSWORD = "harbour lights at noon"  # noqa: S105  # of the demo's people, as everywhere in it
PEOPLE = {"nora@northwind.example": "Nora Winter", "vera@northwind.example": "Vera Lindt"}
"""Who may sign in here. A product of yours asks its own database."""
OPEN = {"sign_in", "sign_in_form", "live", "webhook", "static"}

app = Flask(__name__)
app.config.update(MAX_CONTENT_LENGTH=64 * 1024, SECRET_KEY=secrets.token_hex(), SESSION_COOKIE_NAME="relay")
PORTAL, KEY = os.environ["PURSER_URL"], os.environ["PURSER_API_KEY"]
purser = Purser(PORTAL, KEY)
CUSTOMER = os.environ["PURSER_CUSTOMER"]
lease = Lease(purser, CUSTOMER, meter="requests", quantity=BLOCK)


@dataclass
class Happened:
    """A line of the page: what was done, and what Purser said."""

    at: datetime
    done: str
    said: str


happened: deque[Happened] = deque(maxlen=SHOWN)
heard: deque[Happened] = deque(maxlen=SHOWN)
streams: list[str] = []
"""The holds of the streams that are open."""


@app.before_request
def only_from_here() -> Response | None:
    """Refuse what another site's page sends, and ask strangers who they are."""
    if request.method == "POST" and request.headers.get("Sec-Fetch-Site", "none") not in {"none", "same-origin"}:
        abort(403)
    if "email" not in session and request.endpoint not in OPEN:
        return redirect(url_for("sign_in_form"), 303)
    return None


@app.get("/sign-in")
def sign_in_form() -> str:
    """Ask who it is."""
    return render_template("sign_in.html", people=PEOPLE, password=PASSWORD, wrong="wrong" in request.args)


@app.post("/sign-in")
def sign_in() -> Response:
    """Sign in here. Purser is not asked: whoever the host knows is whom it names."""
    email = request.form.get("email", "").strip().lower()
    if email not in PEOPLE or not secrets.compare_digest(request.form.get("password", "").encode(), PASSWORD.encode()):
        return redirect(url_for("sign_in_form", wrong=1), 303)
    session.update(email=email, at=datetime.now(UTC).isoformat())
    return redirect(url_for("page"), 303)


@app.post("/sign-out")
def sign_out() -> Response:
    """Sign out here. A billing page that is open in another tab ends by itself."""
    session.clear()
    return redirect(url_for("sign_in_form"), 303)


@app.get("/billing")
def billing() -> str:
    """Show the portal in a frame: `embed.js` asks the route below for a link."""
    return render_template("billing.html", name=PEOPLE[session["email"]], portal=PORTAL, view=request.args.get("view"))


@app.post("/billing-session")
def billing_session() -> tuple[dict[str, str], int]:
    """Make a link into the portal for whoever is signed in, at the page that the frame is on."""
    body = {"customer": CUSTOMER, "member_email": session["email"], "auth_time": session["at"]}
    body |= {"view": request.form.get("view") or "overview", "return_url": url_for("page", _external=True)}
    answer = requests.post(
        f"{PORTAL}/v1/portal_sessions", json=body, headers={"Authorization": f"Bearer {KEY}"}, timeout=10
    )
    return (answer.json(), 200) if answer.ok else ({"error": answer.json().get("detail", "")}, 502)


@app.get("/")
def page() -> str:
    """Show the buttons, the balance and what happened."""
    try:
        balance = purser.balance(CUSTOMER)
    except (Unavailable, Refused):
        balance = None
    return render_template(
        "page.html", balance=balance, happened=reversed(happened), heard=reversed(heard), streams=len(streams),
        request_id=uuid.uuid4().hex, name=PEOPLE[session["email"]],
    )  # fmt: skip


@app.get("/healthz")
def live() -> str:
    """Answer while the process lives."""
    return "ok"


@app.post("/requests")
def send_requests() -> Response:
    """Ask and use at once: nothing is served that Purser did not allow. The form's id makes a double click one."""
    try:
        answer = purser.authorize(CUSTOMER, meter="requests", quantity=REQUESTS, capture=True, key=_request_id())
    except Refused as refusal:
        return _said(f"{REQUESTS:,} requests", refusal.detail)
    if answer.allowed:
        return _said(f"{REQUESTS:,} requests", f"allowed for {answer.credits}; {answer.available_to_use} left to use")
    later = f", ask again in {answer.retry_after:,} s" if answer.retry_after else ""
    return _said(f"{REQUESTS:,} requests", f"refused: {answer.reason}{later}")


@app.post("/streams")
def open_stream() -> Response:
    """Hold what the stream may cost, before it begins."""
    answer = purser.authorize(
        CUSTOMER, meter="streaming_minutes", quantity=MINUTES, ttl_seconds=3_600, key=_request_id()
    )
    if not answer.allowed:
        return _said("open a stream", f"refused: {answer.reason}")
    streams.append(answer.authorization)
    return _said("open a stream", f"held {answer.credits} for {MINUTES} minutes")


@app.post("/streams/end")
def end_stream() -> Response:
    """Capture what the stream really took; the rest is given back."""
    if not streams:
        return _said("end a stream", "there is none")
    try:
        taken = purser.capture(streams.pop(), quantity=max(1, MINUTES // 3))
    except Refused as refusal:
        return _said("end a stream", refusal.detail)
    return _said("end a stream", f"used {taken.credits_used}; {taken.available_to_use} left to use")


@app.post("/small")
def small_requests() -> Response:
    """Serve many small requests from a lease: Purser is asked once for a block of them."""
    served = sum(lease.spend(1) for _ in range(100))
    return _said("100 small requests", f"{served} served from a lease of {BLOCK:,}")


@app.post("/downloads")
def report_download() -> Response:
    """Report what has happened already. The event's id counts once, however often it is sent."""
    event = {"id": _request_id(), "customer": CUSTOMER, "meter": "egress", "quantity": 500}
    try:
        said = purser.report([event])
    except NotCounted as problem:
        return _said("500 MB of data out", f"not counted: {problem.rejected[0].detail}")
    return _said("500 MB of data out", f"reported: {said.accepted} new, {said.duplicates} counted before")


@app.post("/webhooks")
def webhook() -> tuple[str, int]:
    """Take an event from Purser, if its signature is good."""
    try:
        event = Webhook(os.environ["PURSER_WEBHOOK_SECRET"]).verify(request.get_data(), dict(request.headers))
    except Exception:  # noqa: BLE001  # the library raises more than its own errors
        return "", 400
    heard.append(Happened(datetime.now(UTC), event["type"], str(event["data"])))
    return "", 204


@app.errorhandler(Unavailable)
def away(_problem: Unavailable) -> Response:
    """Say that Purser did not answer: what needs its permission is not served."""
    return _said("ask Purser", "it does not answer")


def _request_id() -> str:
    return request.form.get("request_id", "")[:64] or uuid.uuid4().hex


def _said(done: str, said: str) -> Response:
    happened.append(Happened(datetime.now(UTC), done, said))
    return redirect(url_for("page"), code=303)
