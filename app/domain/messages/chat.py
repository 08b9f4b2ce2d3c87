"""Messages in a chat: in the form that the incoming webhooks of Slack and of Teams take, and what their answers mean.

No text of anybody's becomes more than text: in Slack `&`, `<` and `>` are written as entities and marks of its own
markup are kept apart, and Teams is sent runs of text, in which it knows no markup.
"""

import json
import re
from dataclasses import dataclass
from enum import StrEnum

from app.domain.webhooks import CUSTOMER_TYPES, Answer, Answered, Verdict, words

TYPES = CUSTOMER_TYPES
"""The events that a chat receives a message for: those of the customer's own webhook."""
LONGEST = 300
"""So many characters of one piece of text are sent: messages stay far below what either takes (3,000 and 28 KB)."""
AGAIN = "Sent again: no answer came before, so you may see this twice."

_APART = "\u200b"
_SPACES = re.compile(r"[\s\x00-\x1f\x7f-\x9f\u2028\u2029]+")
_MARKS = re.compile(r"([*_~`])")


class Form(StrEnum):
    """Whose incoming webhook the address is of."""

    SLACK = "slack"
    TEAMS = "teams"


NAMES = {Form.SLACK: "Slack", Form.TEAMS: "Teams"}

_REMOVED = {
    Form.SLACK: {
        403: "its administrators do not allow this webhook to post.",
        404: "it no longer knows this webhook.",
        410: "the channel is archived.",
    },
    Form.TEAMS: {
        401: "it does not accept this address.",
        403: "it does not allow this workflow to be used.",
        404: "it no longer knows this workflow.",
        410: "it no longer knows this workflow.",
    },
}
"""Answers after which nothing arrives at the address any more, however often it is tried."""
_NOT_TAKEN = {400, 413}
"""Answers after which this message is never taken."""


@dataclass(frozen=True)
class Message:
    """One notification in plain words."""

    title: str
    lines: tuple[str, ...]
    about: str
    """Whom it is about, and when it came about."""
    link: str
    link_words: str = "Open the billing portal"


def body(form: Form, message: Message) -> str:
    """Return the message as it is sent."""
    made = _slack(message) if form is Form.SLACK else _teams(message)
    return json.dumps(made, ensure_ascii=False, separators=(",", ":"))


def again(form: Form, text: str) -> str:
    """Return the body of a message that may have arrived before: it says so."""
    made = json.loads(text)
    if form is Form.SLACK:
        made["text"] += f"\n{_slack_text(AGAIN)}"
    else:
        made["attachments"][0]["content"]["body"].append(_run(AGAIN, isSubtle=True))
    return json.dumps(made, ensure_ascii=False, separators=(",", ":"))


def is_in(form: Form, text: str) -> bool:
    """Say whether a body is in this form: the channel may have become another one's since it was written."""
    return ("attachments" in json.loads(text)) == (form is Form.TEAMS)


def may_have_arrived(tries: int, last_status: int | None, *, was_interrupted: bool) -> bool:
    """Say whether the message may be there already: it was tried, and not clearly refused."""
    if not tries:
        return False
    return was_interrupted or last_status is None or not 300 <= last_status < 500


def verdict(form: Form, answer: Answer) -> Verdict:
    """Return what the answer means for the delivery."""
    match answer:
        case Answered(status=status) if 200 <= status < 300:
            return Verdict.DELIVERED
        case Answered(status=status) if status in _REMOVED[form]:
            return Verdict.GONE
        case Answered(status=status) if status in _NOT_TAKEN:
            return Verdict.REFUSED
        case _:
            return Verdict.AGAIN


def problem(form: Form, answer: Answer) -> str:
    """Return what went wrong, for the page; nothing when it arrived."""
    name = NAMES[form]
    match answer:
        case Answered(status=status) if status in _REMOVED[form]:
            return f"{name} answered {status}: {_REMOVED[form][status]}"
        case Answered(status=status) if status in _NOT_TAKEN:
            return f"{name} answered {status}: it does not take this message."
        case Answered(status=429):
            return f"{name} answered 429: it was sent too much at once."
        case _:
            return words(answer)


def hint(url: str) -> str:
    """Return as much of a secret address as a page may show: its host, and its end where that gives nothing away."""
    host, _, rest = url.partition("://")[2].partition("/")
    return f"{host}/…{url[-4:]}" if len(rest) >= 24 else f"{host}/…"


def plain(text: str) -> str:
    """Return the text on one line, and not too long."""
    line = _SPACES.sub(" ", text).strip()
    return line if len(line) <= LONGEST else f"{line[: LONGEST - 1]}…"


def _slack(message: Message) -> dict[str, object]:
    lines = [f"*{_slack_text(message.title)}*", *(_slack_text(each) for each in message.lines)]
    address = _entities(message.link.replace("|", "%7C"))
    lines += [f"<{address}|{_slack_text(message.link_words)}>", f"For {_slack_text(message.about)}"]
    return {"text": "\n".join(lines), "unfurl_links": False, "unfurl_media": False}


def _slack_text(text: str) -> str:
    return _MARKS.sub(f"{_APART}\\1{_APART}", _entities(plain(text)))


def _entities(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _teams(message: Message) -> dict[str, object]:
    card = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "fallbackText": plain(message.title),
        "body": [
            _run(message.title, weight="Bolder", size="Medium"),
            *(_run(each) for each in message.lines),
            _run(f"For {message.about}", isSubtle=True),
        ],
        "actions": [{"type": "Action.OpenUrl", "title": plain(message.link_words), "url": message.link}],
    }
    attachment = {"contentType": "application/vnd.microsoft.card.adaptive", "contentUrl": None, "content": card}
    return {"type": "message", "attachments": [attachment]}


def _run(text: str, **look: object) -> dict[str, object]:
    """Return a paragraph: a run of text, which knows no markup. Two braces would begin a date or a time."""
    run = {"type": "TextRun", "text": plain(text).replace("{{", f"{{{_APART}{{"), **look}
    return {"type": "RichTextBlock", "inlines": [run]}
