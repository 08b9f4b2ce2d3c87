"""The browser's session: a random token in the cookie, everything else on the server."""

import json
from typing import Any

from flask import Flask, Request, Response, request, session
from flask.sessions import SessionInterface, SessionMixin
from werkzeug.datastructures import CallbackDict

from app.domain.errors import ensure
from app.domain.people import Actor
from app.models.customers import Customer
from app.services.access import sessions
from app.services.papers.of_documents import FileAsked, FileRow

DATA_LIMIT = 4_000
BADGE = "balance_badge.page"
"""What the balance badge asks: the question for the session brings the balance along."""
FILES = {"invoices.pdf": "pdf", "invoices.xml": "xml"}
"""The downloads of documents, by endpoint: the question for the session brings the file along."""
BY_ITSELF = "X-By-Itself"
"""The header of what a page asks by itself, again and again: nobody is seen at it."""
OF_THE_ROW = frozenset({"_user_id", "_fresh", "_id"})
"""What Flask-Login asks a session for and writes into it: who is signed in, and whether afresh. The row says so."""


class PortalSession(CallbackDict[str, Any], SessionMixin):
    """A session that is read from the database when it is first asked for, so that files and health checks never do."""

    def __init__(self, token: str) -> None:
        super().__init__(on_update=lambda _self: setattr(_self, "modified", True))
        self.token = token
        self.stored = False
        self.stale = False
        self.is_fresh = False
        """Whether the password was given a short while ago."""
        self.renewed = False
        """Whether the browser must be given another token."""
        self.ended = False
        self.is_quiet = False
        """Whether a page asks by itself: the session lasts no longer for it."""
        self.remaining: int | None = None
        self.invoices_due = 0
        """How many invoices the customer has to pay."""
        self.file: FileRow | None = None
        """The stored file that a download asks for: read with the session, so that it costs no question of its own."""
        self.modified = False
        self.member: Actor | None = None
        self.billed: Customer | None = None
        self.loaded = False

    def load(self) -> "PortalSession":
        """Read the session, once."""
        if not self.loaded:
            self.loaded = True
            with_balance, file = request.endpoint == BADGE, _file_asked()
            found = sessions.find(self.token, with_balance=with_balance, file=file) if self.token else None
            if found:
                self.update(json.loads(found.data))
                self.modified = False
                self.stored, self.stale, self.is_fresh = True, found.stale, found.fresh
                self.member, self.billed = found.actor, found.customer
                self.remaining, self.invoices_due = found.remaining, found.invoices_due
                self.file = found.file
        return self

    @property
    def has_ended(self) -> bool:
        """Whether the browser brings the token of a session that is over."""
        return bool(self.load().token) and not self.stored

    def sign_in(self, member_id: str, customer_id: str) -> None:
        """Begin the member's session under a new token; the visitor's is over."""
        self.clear()
        self.token = sessions.begin("{}", member_id, customer_id, instead_of=self.token)
        self.loaded, self.renewed = False, True
        self.load()

    def confirm(self) -> bool:
        """Note that the password was given again, under a new token; the data stays, so that open forms are still good.

        False where the session has ended meanwhile: it stays so.
        """
        token = sessions.confirm(self.token)
        if token:
            self.token = token
            self.is_fresh = self.renewed = True
        return bool(token)

    def sign_out(self) -> None:
        """End the session on the server and forget its cookie."""
        sessions.end(self.token)
        self.clear()
        self.member = self.billed = None
        self.is_fresh = self.stored = self.modified = False
        self.ended = True

    def get(self, key: str, default: Any = None) -> Any:
        """Return what is kept under the key. What Flask-Login asks for is read from the row."""
        if key not in OF_THE_ROW:
            return super().get(key, default)
        self.load()
        values = {"_user_id": self.member and self.member.member_id, "_fresh": self.is_fresh}
        return default if values.get(key) is None else values[key]

    def __setitem__(self, key: str, value: Any) -> None:
        """Keep the value. What Flask-Login writes is what the row says already, so there is nothing to keep."""
        if key not in OF_THE_ROW:
            super().__setitem__(key, value)
            return
        ensure(key == "_id" or value == self.get(key), "the session's row says who is signed in")


def _file_asked() -> FileAsked | None:
    """Return which stored file the request asks for."""
    kind = FILES.get(request.endpoint or "")
    return FileAsked(str((request.view_args or {})["document_id"]), kind, known_file()) if kind else None


def known_file() -> str:
    """Return the SHA-256 of the file that whoever asks has already; empty where that is not sure."""
    known = request.if_none_match.as_set()
    return next(iter(known)) if len(known) == 1 and not request.if_match else ""


def portal_session() -> PortalSession:
    """Return this request's session, read."""
    return session._get_current_object().load()  # type: ignore[attr-defined,no-any-return]  # noqa: SLF001  # a proxy's own


class ServerSessions(SessionInterface):
    """Keeps sessions in `browser_sessions`."""

    def __init__(self, *, secure: bool) -> None:
        self.secure = secure
        self.cookie = "__Host-purser" if secure else "purser"

    def open_session(self, _app: Flask, asked: Request) -> PortalSession:
        """Take the token from the cookie; the database is not asked yet."""
        token = asked.cookies.get(self.cookie, "")
        session = PortalSession(token if len(token) <= 100 else "")
        session.is_quiet = asked.method == "GET" and BY_ITSELF in asked.headers
        return session

    def save_session(self, _app: Flask, session: SessionMixin, response: Response) -> None:
        """Keep what changed, and hand out or take back the cookie."""
        ensure(isinstance(session, PortalSession), "a session of another kind")
        if not isinstance(session, PortalSession) or not session.loaded:
            return
        if session.ended:
            self._take_back(response)
            return
        if session.modified or (session.stored and session.stale and not session.is_quiet):
            data = json.dumps(dict(session))
            ensure(len(data) <= DATA_LIMIT, "a session's data may not grow")
            if session.stored:
                sessions.keep(session.token, data, is_seen=not session.is_quiet)
            elif session:
                session.token = sessions.begin(data)
                session.renewed = True
        if session.renewed:
            response.set_cookie(self.cookie, session.token, path="/", secure=self.secure, httponly=True, samesite="Lax")

    def _take_back(self, response: Response) -> None:
        response.delete_cookie(self.cookie, path="/", secure=self.secure, httponly=True, samesite="Lax")
