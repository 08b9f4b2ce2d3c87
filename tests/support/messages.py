"""The sentences of the sources, and the catalogs: `make messages` brings the catalogs in step with the sources."""

import re
import sys
from collections.abc import Iterator
from io import BytesIO

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

from app.domain.language import ENGLISH, NAMES
from app.languages import path_of
from tests.architecture.source import APP

KEYWORDS: dict[str, tuple[int | tuple[int, str], ...] | None] = {
    "_": None, "marked": None, "ngettext": (1, 2), "pgettext": ((1, "c"), 2),
}  # fmt: skip
METHODS = [("**/templates/**.html", "jinja2"), ("**/templates/**.txt", "jinja2"), ("**.py", "python")]
OPTIONS = {each: {"trimmed": "true", "silent": "false"} for each in ("**/templates/**.html", "**/templates/**.txt")}
TRANSLATED = tuple(each for each in NAMES if each != ENGLISH)
WIDTH = 120
PLACES = re.compile(r"\{[^}]*\}")
TAGS = re.compile(r"<[^>]*>|&[a-z]+;")


def sources() -> Catalog:
    """Return the sentences of the sources, in their order, each with the files that say it."""
    found = Catalog()
    for name, _line, sentence, _comments, where in extract_from_dir(APP, METHODS, OPTIONS, KEYWORDS):
        found.add(sentence, locations=[(f"app/{name}", 0)], context=where)
    return found


def kept(name: str) -> Catalog:
    """Return the catalog of the language as it is kept."""
    with path_of(name).open("rb") as source:
        return read_po(source, locale=name)


def updated(name: str, found: Catalog) -> Catalog:
    """Return the catalog with every sentence of the sources, and no other."""
    catalog = kept(name) if path_of(name).exists() else Catalog(name, fuzzy=False, header_comment=f"# {NAMES[name]}")
    catalog.update(found, no_fuzzy_matching=True)
    catalog.obsolete.clear()
    for each in catalog:
        each.locations = sorted({(place, None) for place, _line in each.locations})  # type: ignore[misc]
    return catalog


def text_of(catalog: Catalog) -> bytes:
    """Return the catalog as it is written: in the order of its sentences, without what changes by itself."""
    written = BytesIO()
    write_po(written, catalog, width=WIDTH, sort_output=True, include_lineno=False)
    kept_lines = [line for line in written.getvalue().splitlines() if not line.startswith(UNSTEADY)]
    return b"\n".join(kept_lines).strip() + b"\n"


UNSTEADY = (b'"POT-Creation-Date', b'"PO-Revision-Date', b'"Generated-By', b'"Last-Translator', b'"Language-Team')


def sentences(catalog: Catalog) -> Iterator[tuple[tuple[str, ...], tuple[str, ...]]]:
    """Yield what each message says in English and in the catalog's language: one sentence, or its forms."""
    for each in catalog:
        if each.id:
            yield _forms(each.id), _forms(each.string)


def missing(catalog: Catalog) -> list[Message]:
    """Return what is not translated."""
    return [each for each in catalog if each.id and not all(_forms(each.string))]


def _forms(said: object) -> tuple[str, ...]:
    return tuple(str(each or "") for each in said) if isinstance(said, tuple | list) else (str(said or ""),)


def main() -> int:
    """Write the catalogs anew, and say what they lack; 1 where that is something."""
    found, lacking = sources(), 0
    for name in TRANSLATED:
        catalog = updated(name, found)
        path_of(name).write_bytes(text_of(catalog))
        lacking += len(without := missing(catalog))
        print(f"{name}: {len(catalog)} sentences, {len(without)} not translated")
        for each in without[:20]:
            print(f"  {_forms(each.id)[0]}")
    return 1 if lacking else 0


if __name__ == "__main__":
    sys.exit(main())
