"""The words that were retired do not come back: what the field calls by a noun of its own has that noun here."""

import re
import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[2]
RETIRED = {
    r"nudg(e[sd]?|ing)": "wake-up",
    r"unposted": "usage to be posted",
    r"wish(es|ed|ing)?": "order, charge request, capture request, parameters",
    r"let(s|ting)?[ _]go([ _]of)?": "release, expire, detach, close, drop",
    r"heirs?": "next default",
    r"happenings?": "event reference",
    r"seal(s|ed|ing)?|unseal(s|ed)?": "encrypt, decrypt, encrypted",
    r"befall(s|en)?|befell": "happen",
    r"doings": "name what it does",
    r"deeds?": "change",
    r"tell(s|ing)?|told": "notify, write, send, describe, distinguish",
    r"well[ _]again": "recovered",
    r"put(s|ting)?[ _]right": "correct, mend",
    r"good[ _]no[ _]more": "revoke",
    r"(begins?|began|judged) anew": "reset, restart, again",
    r"many_rows(?!_)": "bulk",
}
"""A word, and what is said instead."""
PUBLIC = {
    r"(top_up|refund)\.wished": "actions of the audit trail",
    r"demo\.told": "an action of the audit trail, in databases of earlier demos",
    r"(old_)?secret_sealed": "columns",
    r"unposted_micros|unposted_not_negative": "a column and its constraint",
    r"purser: sealed secrets": "a part of the key: another text would open no secret that is kept",
    r"told_with": "a key of figures that are kept in rows",
    r"line\.tell\(\)": "a method of Python's files",
}
"""Names that others read, or that are kept in databases, and why they stay."""
LEFT_ALONE = (
    "tests/architecture/test_words.py",
    "tests/architecture/released/",  # dumps of earlier releases
    "STYLE.md",  # it names them, to say what is said instead
)
WORDS = re.compile(rf"(?<![a-z])({'|'.join(RETIRED)})(?![a-z])", re.IGNORECASE)
NAMES = re.compile("|".join(PUBLIC))


def found_in(text: str) -> list[str]:
    """Return the lines that hold a retired word, each with its number."""
    lines = enumerate(text.splitlines(), 1)
    return [f"{number}: {line.strip()}" for number, line in lines if WORDS.search(NAMES.sub("", line))]


def test_retired_words_do_not_come_back() -> None:
    listed = subprocess.run(
        ["git", "ls-files", "app", "tests", "docs", "*.md", "examples", "clients", "benchmarks"],  # noqa: S607
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()
    files = [name for name in listed if name.endswith((".py", ".html", ".txt", ".md", ".js", ".css"))]
    assert len(files) > 500
    wrong = {}
    for name in files:
        if not name.startswith((*LEFT_ALONE, "CHANGELOG")):
            lines = found_in((ROOT / name).read_text())
            if lines:
                wrong[name] = lines
    assert wrong == {}, "say instead: " + "; ".join(f"{word}: {instead}" for word, instead in RETIRED.items())


def test_it_knows_a_word_from_a_name() -> None:
    assert found_in("a wish\nTheir heir\nfetch_wish(order)\nTold\n") == [
        "1: a wish", "2: Their heir", "3: fetch_wish(order)", "4: Told"
    ]  # fmt: skip
    assert found_in('"top_up.wished" secret_sealed spending deeded bestellung stellt their\n') == []
