"""Messages in a chat: nobody's text becomes markup, and each answer means what Slack and Microsoft say it means."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.messages import chat
from app.domain.messages.chat import Form, Message
from app.domain.webhooks import Answer, Answered, Unanswered, Verdict

LINK = "https://billing.example.com/billing/add-credits/?a=1&b=2"


def message(about: str = "Acme · 21 Nov 2026, 12:00 UTC", title: str = "Credit is low") -> Message:
    return Message(title, ("$18.99 is left, which is less than $20.00.",), about, LINK, "Add credits")


def slack(said: Message) -> str:
    text: str = json.loads(chat.body(Form.SLACK, said))["text"]
    return text


def card(said: Message) -> dict[str, Any]:
    (attachment,) = json.loads(chat.body(Form.TEAMS, said))["attachments"]
    content: dict[str, Any] = attachment["content"]
    return content


def test_slack_is_sent_its_own_markup() -> None:
    assert slack(message()) == (
        "*Credit is low*\n$18.99 is left, which is less than $20.00.\n"
        "<https://billing.example.com/billing/add-credits/?a=1&amp;b=2|Add credits>\nFor Acme · 21 Nov 2026, 12:00 UTC"
    )
    sent = json.loads(chat.body(Form.SLACK, message()))
    assert (sent["unfurl_links"], sent["unfurl_media"]) == (False, False)


def test_teams_is_sent_an_adaptive_card_in_a_message() -> None:
    sent = json.loads(chat.body(Form.TEAMS, message()))
    assert sent["type"] == "message" and sent["attachments"][0]["contentUrl"] is None
    found = card(message())
    assert [each["inlines"][0]["text"] for each in found["body"]] == [
        "Credit is low",
        "$18.99 is left, which is less than $20.00.",
        "For Acme · 21 Nov 2026, 12:00 UTC",
    ]
    assert found["actions"] == [{"type": "Action.OpenUrl", "title": "Add credits", "url": LINK}]


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("<!channel> Acme & Sons", "&lt;!channel&gt; Acme &amp; Sons"),
        ("<https://evil.example|Pay here>", "&lt;https://evil.example|Pay here&gt;"),
        ("*Acme*", "\u200b*\u200bAcme\u200b*\u200b"),
        ("a\n> quote\x00\u2028b", "a &gt; quote b"),
        ("x" * 400, "x" * 299 + "…"),
    ],
)
def test_a_customers_name_stays_a_name_in_slack(name: str, shown: str) -> None:
    assert slack(message(name)).splitlines()[-1] == f"For {shown}"


@given(st.text(max_size=400))
def test_no_text_breaks_out_of_either_form(text: str) -> None:
    lines = slack(message(text, title=text)).split("\n")
    assert len(lines) == 4
    for line in (lines[0][1:-1], lines[3]):
        assert "<" not in line and ">" not in line
        assert not any(f"{mark}{mark}" in line or line.startswith(mark) for mark in "*_~`")
    found = card(message(text, title=text))
    assert {each["type"] for each in found["body"]} == {"RichTextBlock"}
    assert all(each["inlines"][0]["type"] == "TextRun" and "{{" not in str(each) for each in found["body"])
    for form in Form:
        body = chat.body(form, message(text, title=text))
        assert len(body.encode()) < 28_000
        assert chat.is_in(form, body) and not chat.is_in(Form.TEAMS if form is Form.SLACK else Form.SLACK, body)


@pytest.mark.parametrize("form", Form)
def test_what_is_sent_again_says_so(form: Form) -> None:
    first = chat.body(form, message())
    again = chat.again(form, first)
    assert chat.AGAIN not in first and again.count(chat.AGAIN) == 1 and chat.is_in(form, again)


@pytest.mark.parametrize(
    ("tries", "last_status", "interrupted", "may"),
    [
        (0, None, False, False),
        (1, None, False, True),  # nobody knows
        (1, 500, False, True),
        (1, 200, False, True),  # sent again by hand
        (1, 429, False, False),
        (1, 400, False, False),
        (2, 429, True, True),  # refused at first; then the worker was killed over it
    ],
)
def test_only_what_was_clearly_refused_cannot_have_arrived(
    tries: int, last_status: int | None, interrupted: bool, may: bool
) -> None:
    assert chat.may_have_arrived(tries, last_status, was_interrupted=interrupted) is may


ANSWERS: list[tuple[Form, Answer, Verdict, str]] = [
    (Form.SLACK, Answered(200, 1), Verdict.DELIVERED, ""),
    (Form.SLACK, Answered(400, 1), Verdict.REFUSED, "Slack answered 400: it does not take this message."),
    (Form.SLACK, Answered(403, 1), Verdict.GONE, "administrators do not allow"),
    (Form.SLACK, Answered(404, 1), Verdict.GONE, "Slack answered 404: it no longer knows this webhook."),
    (Form.SLACK, Answered(410, 1), Verdict.GONE, "the channel is archived"),
    (Form.SLACK, Answered(429, 1, 30), Verdict.AGAIN, "it was sent too much at once"),
    (Form.SLACK, Answered(500, 1), Verdict.AGAIN, "It answered 500."),
    (Form.SLACK, Answered(302, 1), Verdict.AGAIN, "a redirect, which is never followed"),
    (Form.SLACK, Unanswered("It did not answer within 10 seconds.", 1), Verdict.AGAIN, "within 10 seconds"),
    (Form.TEAMS, Answered(202, 1), Verdict.DELIVERED, ""),
    (Form.TEAMS, Answered(400, 1), Verdict.REFUSED, "Teams answered 400"),
    (Form.TEAMS, Answered(413, 1), Verdict.REFUSED, "Teams answered 413"),
    (Form.TEAMS, Answered(401, 1), Verdict.GONE, "it does not accept this address"),
    (Form.TEAMS, Answered(404, 1), Verdict.GONE, "no longer knows this workflow"),
    (Form.TEAMS, Answered(410, 1), Verdict.GONE, "no longer knows this workflow"),
    (Form.TEAMS, Answered(429, 1), Verdict.AGAIN, "Teams answered 429"),
    (Form.TEAMS, Answered(502, 1), Verdict.AGAIN, "It answered 502."),
]


@pytest.mark.parametrize(("form", "answer", "meant", "words"), ANSWERS)
def test_each_answer_means_what_its_sender_says(form: Form, answer: Answer, meant: Verdict, words: str) -> None:
    assert chat.verdict(form, answer) is meant
    said = chat.problem(form, answer)
    assert words in said and bool(said) is (meant is not Verdict.DELIVERED)


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://hooks.slack.com/services/T000/B000/abcdefghijklmnopqrstu9Zk", "hooks.slack.com/…u9Zk"),
        ("https://x.environment.api.powerplatform.com:443/a/b?sig=abcdefghijklmnop", "x.environment.api.powerplatform.com:443/…mnop"),
        ("https://hooks.example/short", "hooks.example/…"),
        ("https://hooks.example", "hooks.example/…"),
    ],
)  # fmt: skip
def test_of_a_secret_address_only_the_host_and_the_end_are_shown(url: str, shown: str) -> None:
    assert chat.hint(url) == shown
