"""Which mutants only change a sentence: what people read is looked after by those who read it, and by page tests."""

import re

_SENTENCE = re.compile(r"""[rf]{0,2}("[^"]* [^"]*"|'[^']* [^']*')""")
_BLANK = "…"


def is_about_words(old: str, new: str) -> bool:
    """Say whether the lines differ in a sentence alone: its letters, or that there is none."""
    before, after = (_SENTENCE.sub(_BLANK, text) for text in (old, new))
    without = {f"{before[:place]}None{before[place + 1 :]}" for place, letter in enumerate(before) if letter == _BLANK}
    return before == after or after in without
