"""What went wrong with a delivery, and why its address was switched off: kept in English, said as the page is."""

from app.domain import webhooks
from app.domain.language import marked
from app.presenters.kept.sentences import Kept, Value


def said(words: str) -> str:
    """Return the sentence of the log in the language of the page."""
    return _KEPT.said(words)


_KEPT = Kept(
    (
        webhooks.REDIRECT,
        webhooks.GONE,
        webhooks.ANSWERED,
        marked("Its host leads to no address on the public internet."),
        marked("It did not answer within {seconds} seconds."),
        marked("TLS failed, or its certificate is not trusted."),
        marked("The connection failed."),
        marked("It cannot be sent to."),
        marked("The attempt was interrupted."),
        marked("The request could not be made."),
        marked("The address was removed."),
        marked("It was written for another kind of chat."),
        marked("Its signing secret cannot be read: make a new one."),
        marked("Its address cannot be read: save it again."),
        marked("Messages were paused."),
        marked("{chat} answered {status}: its administrators do not allow this webhook to post."),
        marked("{chat} answered {status}: it no longer knows this webhook."),
        marked("{chat} answered {status}: the channel is archived."),
        marked("{chat} answered {status}: it does not accept this address."),
        marked("{chat} answered {status}: it does not allow this workflow to be used."),
        marked("{chat} answered {status}: it no longer knows this workflow."),
        marked("{chat} answered {status}: it does not take this message."),
        marked("{chat} answered {status}: it was sent too much at once."),
    ),
    {"status": Value("[0-9]+"), "seconds": Value("[0-9]+"), "chat": Value("Slack|Teams")},
)
