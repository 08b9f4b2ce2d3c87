"""How a rule says no, and how the code says that it is wrong."""

from dataclasses import dataclass

from app.domain.language import ENGLISH, _, current


class Broken(AssertionError):
    """A promise of the code itself does not hold: a bug, never the customer's doing."""


def ensure(condition: object, words: str) -> None:
    """Raise `Broken` unless `condition` holds. Unlike `assert`, it survives `python -O`."""
    if not condition:
        raise Broken(words)


@dataclass(eq=False)  # not frozen: Python sets the traceback of an exception that passes a context manager
class Refused(Exception):
    """Our rule said no.

    `sentence` is for the customer, `reason` for machines (snake_case), `status` is the HTTP status of the answer
    and `field` names the form field that it stands beside (empty: the whole form).
    """

    sentence: str
    reason: str
    status: int = 409
    field: str = ""

    def __str__(self) -> str:
        return self.sentence

    def copied(self) -> "Refused":
        """Return another one that says the same in the current language, to be raised where a module keeps one.

        Python adds to the traceback of an exception each time that it is raised: one that is kept would hold the frames
        of every request that it refused, with what was typed there.
        """
        return Refused(_(self.sentence), self.reason, self.status, self.field)


class NotFound(Refused):
    """There is no such thing for this customer. A stranger's thing and a thing that never was look the same."""

    def __init__(self, what: str = "page") -> None:
        words = f"There is no such {what}." if current() == ENGLISH else _("There is no such thing here.")
        super().__init__(words, "not_found", 404)


class NotOffered(NotFound):
    """The customer's seller does not have what was asked for, though Purser does."""

    def __init__(self, what: str) -> None:
        super().__init__()
        words = f"{what} is not offered for this account."
        self.sentence = words if current() == ENGLISH else _("This is not offered for this account.")
        self.reason = "not_offered"


class Forbidden(Refused):
    """The member's role does not allow it."""

    def __init__(self, sentence: str = "") -> None:
        super().__init__(
            sentence or _("Your role does not allow this. Ask an owner or billing manager."), "forbidden", 403
        )
