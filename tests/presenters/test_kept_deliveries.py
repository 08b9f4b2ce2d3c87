"""What the delivery log keeps of a chat's answers is known, so that a page says it in its own language."""

import pytest

from app import languages
from app.domain import language
from app.domain.messages import chat
from app.domain.messages.chat import Form
from app.domain.webhooks import Answered
from app.presenters.kept import deliveries


@pytest.mark.parametrize("form", list(Form))
def test_every_answer_of_a_chat_is_said_in_the_language(form: Form) -> None:
    language.register(languages.catalog)
    for status in (302, 400, 401, 403, 404, 410, 413, 429, 500):
        kept = chat.problem(form, Answered(status, 10))
        with language.using(languages.PSEUDO):
            assert kept and deliveries.said(kept).isascii() is False, kept
        with language.using("de"):
            assert str(status) in deliveries.said(kept) != kept
