"""Activity says each thing that the code records: no action lacks its sentence, and no secret has a label."""

import ast
import re

from app.domain.people.activity import OF_AREA, SENTENCES, UNDOABLE
from app.presenters.people.activity_fields import FIELDS
from tests.architecture.source import APP

ACTION = re.compile(r"[a-z_]+\.[a-z_]+")
NOT_SAID = {"demo.told"}
"""What the demo notes for itself."""
MADE = {
    "pro_forma": {"canceled", "expired"},
    "payment": {"failed", "canceled"},
    "refund": {"succeeded", "failed", "canceled"},
}
"""What is put together from a state."""
PLACES = {
    ("audit", "record"): 3,
    ("batch_rows", "audited"): 1,
    ("changes", "note"): 2,
    ("own_sessions", "write_for_all"): 3,
}
"""What records an action, and which of its arguments names it."""


def recorded() -> dict[str, set[str]]:
    """Return the actions that each module records: those it names, where it names none those of its constants."""
    found: dict[str, set[str]] = {}
    for path in sorted(APP.rglob("*.py")):
        tree = ast.parse(path.read_text())
        calls = [each for each in ast.walk(tree) if isinstance(each, ast.Call) and _records(each)]
        for call in calls:
            action = _action(call)
            names = {each.value for each in ast.walk(action) if isinstance(each, ast.Constant)} if action else set()
            whole = {each for each in names if isinstance(each, str) and ACTION.fullmatch(each)}
            if not whole and not isinstance(action, ast.JoinedStr):
                whole = {
                    each.value
                    for each in ast.walk(tree)
                    if isinstance(each, ast.Constant) and isinstance(each.value, str) and ACTION.fullmatch(each.value)
                } - {"purser.settings"}
            found.setdefault(str(path.relative_to(APP)), set()).update(whole)
    return found


def _records(call: ast.Call) -> bool:
    name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    of = getattr(call.func.value, "id", "") if isinstance(call.func, ast.Attribute) else ""
    return (of, name) in PLACES


def _action(call: ast.Call) -> ast.expr | None:
    place = PLACES[call.func.value.id, call.func.attr]  # type: ignore[attr-defined]
    if len(call.args) > place:
        return call.args[place]
    return next((each.value for each in call.keywords if each.arg == "action"), None)


def test_each_action_that_is_recorded_has_its_sentence() -> None:
    found = recorded()
    assert len(found) > 40
    lacks = {path: names - set(SENTENCES) - NOT_SAID for path, names in found.items()}
    assert {path: names for path, names in lacks.items() if names} == {}
    assert {f"{kind}.{state}" for kind, states in MADE.items() for state in states} <= set(SENTENCES)


def test_sentences_are_short_and_in_one_area() -> None:
    assert sum(map(len, OF_AREA.values())) == len(SENTENCES)
    for words in SENTENCES.values():
        assert words[0].isupper() and not words.endswith(".") and len(words) <= 60


def test_no_secret_and_no_key_of_ours_has_a_label() -> None:
    for key in FIELDS:
        assert not re.search(r"token|secret|hash|password|key|(^|_)id$|method|consent|reason", key), key
    assert set(SENTENCES) >= UNDOABLE
