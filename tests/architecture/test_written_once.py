"""What the code says in one place, and reads from there."""

import ast
import re

from flask import Flask

from app.extensions import Extension
from tests.architecture.source import APP, modules, named, tree


def test_an_app_s_own_values_are_kept_and_read_in_one_module() -> None:
    found = [
        f"{named(path)}:{node.lineno}"
        for path in modules()
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Attribute) and node.attr == "extensions"
    ]
    assert found
    assert {each.partition(":")[0] for each in found} == {named(APP / "extensions.py")}


def test_a_value_is_an_app_s_own_and_made_once() -> None:
    first, second, made = Flask("first"), Flask("second"), list[str]()
    word: Extension[str] = Extension("word")

    def make() -> str:
        made.append("made")
        return "early"

    with first.app_context():
        assert word.get_or_make(make) == word.get_or_make(make) == word() == "early"
    with second.app_context():
        word.set(second, "late")
        assert word() == "late" == word.remove()
        assert word.remove() is None
    assert (word.of(first), made) == ("early", ["made"])


ON_CONFLICT = re.compile(r"on[ _]conflict", re.IGNORECASE)
PLAIN_SQL = {
    APP / "services" / "authorizations" / "sqlite_funds.py",
    APP / "services" / "ingest" / "on_sqlite.py",
}
"""They write an authorization, and a single event, on a SQLite connection of its own, which passes by SQLAlchemy:
docs/decisions/0020 and 0068."""


def test_a_row_that_may_be_there_is_written_by_one_module() -> None:
    bulk = APP / "models" / "bulk.py"
    assert ON_CONFLICT.search(bulk.read_text())
    assert all(ON_CONFLICT.search(path.read_text()) for path in PLAIN_SQL)
    others = [path for path in modules() if path not in {bulk, *PLAIN_SQL}]
    assert [named(path) for path in others if ON_CONFLICT.search(path.read_text())] == []
    assert [named(path) for path in others if "sqlalchemy.dialects" in path.read_text()] == []
