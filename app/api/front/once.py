"""A call with an Idempotency-Key, as the front does it: the first time. What came before is answered by Flask."""

from collections.abc import Callable

from app.api.contract.idempotency import digest_of, is_answer
from app.api.front.ways import Asked, HandOn
from app.api.v1.authorizations import retryable
from app.services.authorizations.claims import Claim


def once(asked: Asked, sent: object, about: Callable[[], str], work: Callable[[], str]) -> Callable[[], str]:
    """Return `work`; of a call with a key, what claims the call, does it, and keeps its answer.

    `sent` is its body as Flask's way reads it, `about` says which customer it is about. What cannot be claimed, and
    refusals that are the answer to the key, are Flask's, from the beginning: what was refused had no effect. Whatever
    else is raised uses up no key.
    """
    if asked.key is None:
        return work
    claim = Claim(asked.proof, asked.key, f"POST {asked.path}", digest_of(sent), about)

    def begun() -> str:
        with retryable():
            is_first = claim.begin()
        if not is_first:
            raise HandOn
        try:
            text = work()
        except Exception as problem:
            claim.release()
            if is_answer(problem):
                raise HandOn from problem
            raise
        with retryable():
            claim.keep(text)
        return text

    return begun
