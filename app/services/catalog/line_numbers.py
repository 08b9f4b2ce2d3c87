"""Where a key stands in a TOML file, so that a message can name its line."""

import re

_HEADER = re.compile(r"\[(\[)?\s*([^\[\]]+?)\s*\]?\]\s*(#.*)?")
_KEY = re.compile(r"""((?:[A-Za-z0-9_-]+|"[^"]*"|'[^']*')(?:\s*\.\s*(?:[A-Za-z0-9_-]+|"[^"]*"|'[^']*'))*)\s*=(.*)""")
_WORD = re.compile(r"""[A-Za-z0-9_-]+|"[^"]*"|'[^']*'""")
_TEXT = re.compile(r'"(?:\\.|[^"\\])*"|\'[^\']*\'')

Path = tuple[str | int, ...]


def line_of(text: str, path: Path) -> int | None:
    """Return the line of the key, or of the nearest table around it; None when nothing of it is in the file."""
    lines = _lines(text)
    for length in range(len(path), 0, -1):
        if path[:length] in lines:
            return lines[path[:length]]
    return None


def _lines(text: str) -> dict[Path, int]:
    found: dict[Path, int] = {}
    counts: dict[Path, int] = {}
    table: Path = ()
    open_brackets, open_text = 0, ""
    for number, line in enumerate(text.splitlines(), 1):
        if open_text:
            open_text = "" if open_text in line else open_text
            continue
        words = line.strip()
        if open_brackets:
            open_brackets += _depth(words)
            continue
        header, key = _HEADER.fullmatch(words), _KEY.match(words)
        if header:
            table = _table(_names(header[2]), header[1] is not None, counts)
            found.setdefault(table[:-1] if header[1] else table, number)
            found.setdefault(table, number)
        elif key:
            path: Path = (*table, *_names(key[1]))
            for length in range(len(table) + 1, len(path) + 1):
                found.setdefault(path[:length], number)
            open_text = _opened(key[2])
            open_brackets = 0 if open_text else _depth(key[2])
    return found


def _table(names: Path, is_list: bool, counts: dict[Path, int]) -> Path:
    """Return the path of a table's header, each list on the way at its newest element."""
    path: Path = ()
    for index, name in enumerate(names):
        path = (*path, name)
        if is_list and index == len(names) - 1:
            counts[path] = counts.get(path, -1) + 1
        if path in counts:
            path = (*path, counts[path])
    return path


def _names(dotted: str) -> Path:
    return tuple(name.strip("\"'") for name in _WORD.findall(dotted))


def _depth(words: str) -> int:
    plain = _TEXT.sub("", words).partition("#")[0]
    return sum(plain.count(sign) for sign in "[{") - sum(plain.count(sign) for sign in "]}")


def _opened(value: str) -> str:
    """Return the quotes of a text that goes on in the next line, or nothing."""
    for quotes in ('"""', "'''"):
        if value.count(quotes) == 1:
            return quotes
    return ""
