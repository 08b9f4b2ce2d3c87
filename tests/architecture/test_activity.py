"""Activity says each thing that the code records: no action lacks its sentence, and no secret has a label."""

import ast
import re
from dataclasses import fields

from app.domain.people.activity import OF_AREA, SENTENCES, UNDOABLE
from app.presenters.people.activity_fields import FIELDS, Kind
from app.services.customers import directory
from tests.architecture.audit_keys import Source
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
    ("audit", "row"): 2,
    ("batch_rows", "audited"): 1,
    ("changes", "note"): 2,
    ("own_sessions", "write_for_all"): 3,
}
"""What records an action, and which of its arguments names it."""

NOT_SHOWN = {
    "of a member's own account, of which nothing is said": {
        "scopes", "fingerprint", "type", "sessions", "sessions_ended", "disabled", "left", "fields",
    },
    "ids and keys of ours, and of the processor": {
        "change", "consent", "correction", "credit_note", "dispute", "document", "external_id", "intent", "invoice",
        "invoices", "payment", "price_change", "pro_forma", "refund", "replacement", "sha256", "subscription",
    },
    "said by the sentence of the entry, or by another value of it": {
        "brand", "last4", "currency", "state", "default", "kind", "credit_unit", "credits", "claimed", "due_minor",
        "difference_minor", "tax_minor", "period_starts_at", "period_ends_at", "canceled_at", "on", "features_lost",
    },
    "words that the seller or the processor wrote for themselves": {"reason", "problem", "code", "why"},
    "numbers of versions, and the name of the seller's catalog": {"catalog", "catalog_version", "version"},
    "where a chat or a tax number is the secret of who typed it": {"form", "hint", "value"},
}  # fmt: skip
"""What is kept in the trail and deliberately not shown on Activity. Whoever adds a key says here why."""
PUT_TOGETHER = {
    "app/services/customers/address.py": set(),
    "app/services/customers/directory.py": {each.name for each in fields(directory.Change)},
    "app/services/customers/plan_moves.py": {"catalog_version", "plan", "overage_protection_micros"},
    "app/services/invoices/corrections.py": set(),
    "app/services/month_end/renewal.py": {"canceled_at", "reason", "features_lost"},
    "app/services/subscriptions/applying.py": {"interval", "seats"},
}
"""Where a comprehension makes values, and of which keys; an invoice's and an address's lines are all of `ADDRESS`."""
ADDRESS = {
    "company", "line1", "line2", "city", "postal_code", "region", "country", "po_number", "buyer_reference",
}  # fmt: skip


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


def test_each_value_that_is_recorded_is_shown_or_is_named_here_as_not_shown() -> None:
    """A key without a line would be a change that Activity keeps to itself, as the method of auto-recharge was."""
    found = list(Source().recorded())
    made = {path for path, keys in found if any(key.startswith("{") for key in keys)}
    assert made == set(PUT_TOGETHER), "a comprehension has no keys in the source: say here which it makes"
    keys = ADDRESS.union(*PUT_TOGETHER.values(), *({key for key in keys if key[0] != "{"} for _path, keys in found))
    assert {"method", "brake", "daily_limit_micros", "credits_micros", "answer"} <= keys, "the source is not followed"
    hidden = set().union(*NOT_SHOWN.values())
    assert keys - set(FIELDS) - hidden == set(), "give it a line in FIELDS, or say in NOT_SHOWN why it is not shown"
    assert hidden - keys == set() and hidden & set(FIELDS) == set()


def test_sentences_are_short_and_in_one_area() -> None:
    assert sum(map(len, OF_AREA.values())) == len(SENTENCES)
    for words in SENTENCES.values():
        assert words[0].isupper() and not words.endswith(".") and len(words) <= 60


def test_no_secret_and_no_key_of_ours_has_a_label() -> None:
    """A payment method is kept by our key, and its kind says it by its brand and its last digits."""
    for key in FIELDS:
        assert not re.search(r"token|secret|hash|password|key|(^|_)id$|consent|reason", key), key
    assert {key for key in FIELDS if "method" in key and FIELDS[key].kind is not Kind.YES_NO} == {"method"}
    assert FIELDS["method"].kind == "method"
    assert set(SENTENCES) >= UNDOABLE
