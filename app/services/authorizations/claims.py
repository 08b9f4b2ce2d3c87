"""A request with an Idempotency-Key: claimed, done and its answer kept, on the way of authorizations.

The steps and the rows are those of `services/idempotency.py`, in three transactions. On PostgreSQL these are shared
with calls of others. Whatever is not plain is not judged here: a key that is not good, a request that there was before.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING

from app import clock
from app.domain.errors import NotFound, Refused
from app.extensions import settings
from app.later import later
from app.services import idempotency
from app.services.access import api_keys
from app.services.access.api_keys import Presented
from app.services.authorizations.refusals import SCOPE, DatabaseAway, Unavailable
from app.services.idempotency import LEASE, Mine

if TYPE_CHECKING:
    from app.services.authorizations import capturing, on_postgresql
else:
    capturing = later("app.services.authorizations.capturing")
    on_postgresql = later("app.services.authorizations.on_postgresql")


class Claim:
    """A request by the Idempotency-Key of whoever presents the API key; `about` says which customer it is about."""

    def __init__(self, proof: Presented, key: str, path: str, digest: str, about: Callable[[], str]) -> None:
        self._proof, self._key, self._path, self._digest, self._about = proof, key, path, digest, about
        self._customer_id = ""
        self._mine: Mine | None = None

    def begin(self) -> bool:
        """Claim it; say whether it is ours and the first. Else nothing was written, and the usual way knows why.

        Raises `Unavailable` where the database does not answer.
        """
        if settings().on_postgresql:
            self._mine = self._claimed()
        elif (caller := api_keys.find(self._proof)) is not None and caller.may(SCOPE):
            try:
                found = idempotency.begin(self._proof.key_id, self._key, self._path, self._digest)
            except Refused:  # it is another request's key
                return False
            self._mine = found if isinstance(found, Mine) else None
        return self._mine is not None

    def keep(self, text: str) -> None:
        """Keep what it was answered with status 200."""
        mine = self._of_ours()
        if not settings().on_postgresql:
            idempotency.finish(self._proof.key_id, self._key, mine, 200, text)
            return
        try:
            path = on_postgresql.path()
            capturing.keep(path, self._customer_id, self._proof, self._key, mine.lease_until, text)
        except DatabaseAway as problem:
            raise Unavailable from problem

    def release(self) -> None:
        """Let the key be tried again: nothing was answered that should be repeated."""
        idempotency.release(self._proof.key_id, self._key, self._of_ours())

    def _claimed(self) -> Mine | None:
        self._customer_id = self._about()
        if not self._customer_id:
            return None
        now = clock.now()
        until = now + LEASE
        said = (self._key, self._path, self._digest, now.isoformat())
        try:
            is_first = capturing.claim(on_postgresql.path(), self._customer_id, self._proof, said, until)
        except DatabaseAway as problem:
            raise Unavailable from problem
        return Mine(until) if is_first else None

    def _of_ours(self) -> Mine:
        if self._mine is None:
            raise ValueError("it was not claimed")
        return self._mine


def holder(hold_id: str) -> str:
    """Return whose hold it is; empty: there is no such hold."""
    return on_postgresql.holder(hold_id)


def called(reference: str) -> str:
    """Return our id of the customer that is called so, by our id or the host's; empty: there is none."""
    try:
        return on_postgresql.customer_called(reference)
    except NotFound:
        return ""
