"""What to say on the page on which a payment was made, when it has ended with nothing charged."""

from app.domain.errors import Refused
from app.domain.language import _
from app.domain.payments import PaymentState, decline_sentence


def refusal(state: str, problem: str, rail: str) -> Refused | None:
    """Return what to say on the page of a payment that has ended with nothing charged; None: it has not."""
    if state == PaymentState.FAILED:
        nothing = _("Nothing was charged.")
        return Refused(f"{decline_sentence(problem, rail)} {nothing}", "declined", 402, "method")
    if state != PaymentState.CANCELED:
        return None
    if problem == "unavailable":
        words = _("Our payment processor does not answer right now. Nothing was charged. Please try again in a minute.")
        return Refused(words, "unavailable", 503)
    if problem == "paid_otherwise":
        words = _("Your bank has just confirmed the same purchase, so it was not charged a second time.")
        return Refused(words, "paid_otherwise", 409)
    return Refused(_("This payment was cancelled. Nothing was charged. Please try again."), "given_up", 409)
