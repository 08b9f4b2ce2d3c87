"""What pages and the API have in common when something is wrong: who is asked for the answer, the log and the headers.

`web/errors/pages.py` answers people with a page, `api/contract/problems.py` answers programs with a problem document.
"""

from collections.abc import Callable

import structlog
from flask import Blueprint, Flask, Response, g
from sqlalchemy.exc import DatabaseError, DBAPIError, InterfaceError, InternalError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from werkzeug.exceptions import HTTPException

from app.domain.errors import Refused
from app.services.authorizations.refusals import DatabaseAway

UNAVAILABLE_SECONDS = 5
"""When to try again while the database does not answer."""
UNAVAILABLE = (OperationalError, InterfaceError, InternalError, PoolTimeout, DatabaseAway)
"""What says that there is no database now, or one that takes nothing, as a server that only reads after a failover."""

LOCK_NOT_AVAILABLE = "55P03"

log = structlog.get_logger()


def register(
    on: Flask | Blueprint,
    *,
    refused: Callable[[Refused], Response],
    http: Callable[[HTTPException], Response],
    failed: Callable[[int], Response],
) -> None:
    """Answer every error of the app or the blueprint: a refusal, an error of HTTP's, and what has failed (500 or 503).

    What has failed is logged. `failed` must not look at the database: that may be what is wrong.
    """

    def unavailable(error: Exception) -> Response:
        if _waited_in_vain(error):
            log.warning("waited_in_vain")
        else:
            log.error("database_unavailable", kind=type(error).__name__, exc_info=_quiet(error))
        return retry_after(failed(503), UNAVAILABLE_SECONDS)

    def unexpected(error: Exception) -> Response:
        log.error("failed", kind=type(error).__name__, exc_info=_quiet(error))
        return failed(500)

    on.register_error_handler(Refused, refused)
    on.register_error_handler(HTTPException, http)

    def of_the_database(error: DatabaseError) -> Response:
        """A file that is no database has an error of the general kind; the others of that kind are our mistakes."""
        return (unavailable if type(error) is DatabaseError else unexpected)(error)

    for kind in UNAVAILABLE:
        on.register_error_handler(kind, unavailable)
    on.register_error_handler(DatabaseError, of_the_database)
    on.register_error_handler(Exception, unexpected)


def same_class(status: int) -> int:
    """Return the status that stands for a status without words of its own: whose mistake it is."""
    return 400 if status < 500 else 500


def request_id() -> str:
    """Return the request's id, which is also in the logs."""
    return str(g.get("request_id", ""))


def retry_after(answer: Response, seconds: int) -> Response:
    """Say in the answer when to try again."""
    answer.headers["Retry-After"] = str(seconds)
    return answer


def with_headers_of(error: HTTPException, answer: Response) -> Response:
    """Give the answer the headers of the error that say what to do."""
    for name, value in error.get_headers():
        if name in {"Allow", "Retry-After"}:
            answer.headers[name] = value
    return answer


def _waited_in_vain(error: Exception) -> bool:
    """Say whether somebody held a row for as long as anybody waits for one, or those before us in the line did."""
    if isinstance(error, DatabaseAway) and error.__cause__ is None:
        return True
    cause = error.orig if isinstance(error, DBAPIError) else error.__cause__
    return getattr(cause, "sqlstate", None) == LOCK_NOT_AVAILABLE


def _quiet(error: Exception) -> BaseException:
    """Return what may be logged: a driver's message can quote a row, so only the error above it is."""
    if isinstance(error, DBAPIError):
        error.hide_parameters = True
    return error
