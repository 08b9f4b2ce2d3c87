"""The browser's session: a random token in the cookie, everything else on the server."""

import json
from collections.abc import Mapping
from enum import Enum
from typing import Any

from flask import Flask, Request, Response, request, session
from flask.sessions import SessionInterface, SessionMixin
from werkzeug.datastructures import CallbackDict

from app.domain.errors import ensure
from app.domain.people import browsers
from app.domain.people.members import Actor
from app.models.customers import Customer
from app.services.access import sessions
from app.services.access.session_facts import Seen
from app.services.papers.of_documents import FileAsked, FileRow

DATA_LIMIT = 4_000
PATH_TOKEN = "purser.path_token"  # noqa: S105  # where the token is, and not what it is
"""Where a request's environment has the token that stood in its path (`embedding/path_mode.py`)."""
BADGE = "balance_badge.page"
"""What the balance badge asks: the question for the session brings the balance along."""
FILES = {"invoices.pdf": "pdf", "invoices.xml": "xml"}
"""The downloads of documents, by endpoint: the question for the session brings the file along."""
BY_ITSELF = "X-By-Itself"
"""The header of what a page asks by itself, again and again: nobody is seen at it."""
TWO_FACTORS = "two_factors"
"""What a session keeps whose member has shown two factors: without it little opens where the seller asks for two."""
SWITCHED = "switched"
"""The key in a session's data that says that it acted for another customer before."""
NOTICES, UNDO, ATTEMPTS = "_flashes", "undo", "provider_attempts"
GIVEN_UP = (NOTICES, UNDO, ATTEMPTS)
"""What a session may do without, in this order: Flask's notices for the next page, what one of them offers, and the
browser's ways to other providers. Of several the oldest goes first."""
HANDED_ON = ("email_link",)
"""What a visitor's session hands on to the one that a sign-in begins. Nothing there is of any customer or member."""
OF_THE_ROW = frozenset({"_user_id", "_fresh", "_id"})
"""What Flask-Login asks a session for and writes into it: who is signed in, and whether afresh. The row says so."""


class Way(Enum):
    """How a browser brings its session."""

    SIGN_IN = "the cookie of a sign-in"
    FRAME = "the cookie of a portal session, kept apart for each host"
    PATH = "the address, where no cookie is kept"


class PortalSession(CallbackDict[str, Any], SessionMixin):
    """A session that is read from the database when it is first asked for, so that files and health checks never do."""

    def __init__(self, token: str, way: Way = Way.SIGN_IN) -> None:
        super().__init__(on_update=lambda _self: setattr(_self, "modified", True))
        self.token, self.way, self.came_by = token, way, way
        self.embedded = ""
        """`frame` or `window` where a portal session began it."""
        self.stored = False
        self.stale = False
        self.is_fresh = False
        """Whether the password was given a short while ago."""
        self.renewed = False
        """Whether the browser must be given another token."""
        self.ended = self.is_over = False
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
            embedded = self.way is not Way.SIGN_IN
            found = (
                sessions.find(self.token, embedded=embedded, with_balance=with_balance, file=file)
                if self.token
                else None
            )
            if found:
                self.embedded = found.embedded
                self.update(json.loads(found.data))
                self.modified = False
                self.stored, self.stale, self.is_fresh = True, found.stale, found.fresh
                self.member, self.billed = found.actor, found.customer
                self.remaining, self.invoices_due = found.remaining, found.invoices_due
                self.file = found.file
            else:
                self.is_over = bool(self.token)
                if self.way is Way.FRAME:  # whoever signs in now does so at a page of ours, with its own cookie
                    self.way, self.token = Way.SIGN_IN, ""
        return self

    def kept(self) -> str:
        """Return the data as it is kept, without what it can do without where it is too long."""
        data = _written(self)
        while len(data) > DATA_LIMIT and (name := next((each for each in GIVEN_UP if self.get(each)), "")):
            self[name] = self[name][1:] if isinstance(self[name], list) else None
            data = _written(self)
        ensure(len(data) <= DATA_LIMIT, "a session's data may not grow")
        return data

    @property
    def has_ended(self) -> bool:
        """Whether the browser brings the token of a session that is over."""
        return self.load().is_over

    def sign_in(
        self,
        member_id: str,
        customer_id: str,
        sessions_ended: int | None = None,
        identity_id: str = "",
        *,
        by_two_factors: bool = False,
    ) -> None:
        """Begin the member's session under a new token; the visitor's is over. Refuses as `sessions.begin`."""
        ensure(self.way is Way.SIGN_IN, "a portal session never becomes a sign-in")
        data, replaced = self._handed_on() | ({TWO_FACTORS: True} if by_two_factors else {}), self.token
        begins = (json.dumps(data), member_id, customer_id, replaced, seen_now(), sessions_ended, identity_id)
        token = sessions.begin(*begins)
        self.clear()
        self.token = token
        self.loaded, self.renewed = False, True
        self.load()

    def go_on_with(self, token: str) -> None:
        """Go on with a session that a read-only link has begun, in the place of a visitor's."""
        self.clear()
        self.token = token
        self.loaded, self.renewed = False, True
        self.load()

    def switch(self, customer_id: str) -> bool:
        """Act for another customer of the member's; False where the member may not, and then nothing has changed.

        What the session held was of the customer before, its form token too: a page of that customer's in another tab
        changes nothing of this one's. That the member has shown two factors stays so.
        """
        ensure(self.way is Way.SIGN_IN, "a portal session is made for one customer")
        kept = {name: True for name in (SWITCHED, TWO_FACTORS) if name == SWITCHED or name in self}
        if not sessions.switch(self.token, customer_id, json.dumps(kept)):
            return False
        self.clear()
        self.loaded = False
        self.load()
        return True

    def begin_anew(self, customer_id: str, **kept: object) -> None:
        """Begin a visitor's session under a new token with this in it alone; the one before is over.

        Its row names the customer that is signed in for: what ends a member's sessions finds it by that.
        """
        ensure(self.way is Way.SIGN_IN, "a portal session never becomes a visitor's")
        kept |= self._handed_on()
        self.clear()
        self.update(kept)
        self.token = sessions.begin(self.kept(), customer_id=customer_id, instead_of=self.token)
        self.member = self.billed = None
        self.stored = self.loaded = self.renewed = True
        self.modified = self.is_over = self.is_fresh = False

    def _handed_on(self) -> dict[str, object]:
        return {name: self[name] for name in HANDED_ON if name in self}

    def confirm(self) -> bool:
        """Note that the password was given again, under a new token; the data stays, so that open forms are still good.

        False where the session has ended meanwhile: it stays so.
        """
        token = sessions.confirm(self.token, under_a_new_one=self.way is not Way.PATH)
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


def _written(data: Mapping[str, Any]) -> str:
    """Return the data as JSON in which a letter is one character, whatever its script."""
    return json.dumps(dict(data), ensure_ascii=False).encode("utf-8", "replace").decode()


def seen_now() -> Seen:
    """Return what the session notes of the browser that asks."""
    return Seen(browsers.in_words(request.user_agent.string), browsers.network_of(request.remote_addr or ""))


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
    """Keeps sessions in `browser_sessions`.

    The cookie of a sign-in goes to our own pages alone (Lax). That of a portal session is for a frame on a host's page:
    partitioned, so that each host has another one. A browser that sends both is at our own pages, or in a frame of the
    same site, which takes path mode then (`embedding/frame.py`).
    """

    def __init__(self, *, secure: bool) -> None:
        self.secure = secure
        self.cookie = "__Host-purser-sign-in" if secure else "purser"
        self.frame_cookie = "__Host-purser" if secure else "purser-frame"

    def open_session(self, _app: Flask, asked: Request) -> PortalSession:
        """Take the token from the address or a cookie; the database is not asked yet."""
        way, token = Way.SIGN_IN, asked.cookies.get(self.cookie, "")
        if PATH_TOKEN in asked.environ:
            way, token = Way.PATH, asked.environ[PATH_TOKEN]
        elif not token and self.frame_cookie in asked.cookies:
            way, token = Way.FRAME, asked.cookies[self.frame_cookie]
        session = PortalSession(token if len(token) <= 100 else "", way)
        session.is_quiet = asked.method == "GET" and BY_ITSELF in asked.headers
        return session

    def save_session(self, _app: Flask, session: SessionMixin, response: Response) -> None:
        """Keep what changed, and hand out or take back the cookie."""
        ensure(isinstance(session, PortalSession), "a session of another kind")
        if not isinstance(session, PortalSession) or not session.loaded:
            return
        if session.ended:
            self._set(response, session.way, "")
            return
        if session.modified or (session.stored and session.stale and not session.is_quiet):
            data = session.kept()
            if session.stored:
                of = session.billed.customer_id if session.billed else None
                sessions.keep(session.token, data, customer_id=of, is_seen=not session.is_quiet, seen=seen_now())
            elif session and session.way is Way.SIGN_IN:
                session.token = sessions.begin(data)
                session.renewed = True
        if session.renewed:
            self._set(response, session.way, session.token)

    def hand_out(self, response: Response, token: str) -> None:
        """Give the frame its cookie."""
        self._set(response, Way.FRAME, token)

    def _set(self, response: Response, way: Way, token: str) -> None:
        """Set the cookie, or take it back where there is no token. A path has none."""
        ends = None if token else 0
        if way is Way.SIGN_IN:
            response.set_cookie(
                self.cookie, token, ends, ends, path="/", secure=self.secure, httponly=True, samesite="Lax"
            )
        elif way is Way.FRAME:  # secure on loopback too, where browsers take that: without it none is kept in a frame
            apart: dict[str, Any] = {"secure": True, "partitioned": True}
            response.set_cookie(self.frame_cookie, token, ends, ends, path="/", httponly=True, samesite="None", **apart)
