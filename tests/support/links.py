"""Whether every link inside the repository's Markdown leads somewhere.

python -m tests.support.links
"""

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
CODE = re.compile(r"```.*?```|`[^`\n]*`", re.DOTALL)


def documents() -> list[Path]:
    """Return the Markdown files that we wrote."""
    folders = [path for path in ROOT.iterdir() if path.is_dir() and not path.name.startswith((".", "instance"))]
    found = [*ROOT.glob("*.md"), *(path for folder in folders for path in folder.rglob("*.md"))]
    return sorted(path for path in found if "node_modules" not in path.parts)


def dead_links(path: Path) -> list[str]:
    """Return the links of one file that lead nowhere: a missing file, or a heading that is not there."""
    dead = []
    for target in LINK.findall(CODE.sub("", path.read_text())):
        if re.match(r"[a-z]+:", target):
            continue
        name, _, anchor = target.partition("#")
        file = (path.parent / name).resolve() if name else path
        if not file.exists() or (anchor and file.suffix == ".md" and anchor not in headings(file)):
            dead.append(target)
    return dead


def headings(path: Path) -> set[str]:
    """Return the anchors that a Markdown file's headings get."""
    lines = re.findall(r"^#+ +(.+)$", path.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", line.lower()).strip().replace(" ", "-") for line in lines}


def main() -> int:
    """Print every dead link."""
    found = [f"{path.relative_to(ROOT)}: {target}" for path in documents() for target in dead_links(path)]
    print("\n".join(found) or f"Every link in {len(documents())} documents leads somewhere.")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
