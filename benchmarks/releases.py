"""The ratios of each release, kept in history.json, and how they moved: a row a ratio, a bar a release.

    python -m benchmarks.releases keep 0.4.0

Keeps results.json as that of a release; with `--at COMMIT` that of a commit. Without words it only draws them anew.
"""

import argparse
import json
import subprocess
from dataclasses import dataclass
from math import inf
from pathlib import Path
from typing import Any

from benchmarks.timing import Count, Ratio

HERE = Path(__file__).resolve().parent
KEPT = HERE / "history.json"
HEADING = "## From release to release"
NOW = "now"
BARS = "▁▂▃▄▅▆▇█"
NOTHING = "·"
NEXT = "next"
"""What `make bench` measured last, of a release that is not there yet: drawn as what is measured now."""
Key = tuple[str, str]


@dataclass(frozen=True)
class Release:
    """What was measured of one."""

    name: str
    values: dict[Key, float]


def releases() -> list[Release]:
    """Return those that are kept, the oldest first."""
    return [
        Release(each["release"], {(row["what"], row["database"]): row["value"] for row in each["results"]})
        for each in json.loads(KEPT.read_text())
        if each["release"] != NEXT
    ]


def keep(name: str, results: str) -> None:
    """Keep these results (the text of results.json) as those of a release, in place of what was kept of it.

    What was measured last goes with the release that it is of.
    """
    rows = [
        {"what": each["what"], "database": each["database"], "value": each.get("ratio", each.get("count"))}
        for each in json.loads(results)["results"]
    ]
    kept: list[dict[str, Any]] = json.loads(KEPT.read_text()) if KEPT.exists() else []
    others = [each for each in kept if each["release"] not in {name, NEXT}]
    entries = sorted([*others, {"release": name, "results": rows}], key=lambda each: _numbers(each["release"]))
    KEPT.write_text(json.dumps(entries, indent=1, ensure_ascii=False) + "\n")


def _numbers(name: str) -> list[float]:
    return [inf] if name == NEXT else [int(each) for each in name.split(".")]


def drawn(found: list[Ratio | Count]) -> list[str]:
    """Return the lines that show what is measured now and was measured of a release."""
    now = Release(NOW, {(each.what, each.database): _value(each) for each in found})
    columns = [*releases(), now]
    rows = [key for key in now.values if any(key in each.values for each in columns[:-1])]
    named = " | ".join(each.name for each in columns)
    return [
        HEADING,
        "",
        f"Lower is better. A bar a column, the highest for the row's highest value; `{NOTHING}`: nothing was measured.",
        "Of 0.2.0 no results were kept.",
        "",
        f"| what | database | {named} | |",
        f"|---|---|{'---:|' * len(columns)}---|",
        *(
            f"| {key[0]} | {key[1]} | {' | '.join(_written(each.values.get(key)) for each in columns)} "
            f"| {_bars([each.values.get(key) for each in columns])} |"
            for key in rows
        ),
    ]


def _value(each: Ratio | Count) -> float:
    return each.ratio if isinstance(each, Ratio) else each.count


def _written(value: float | None) -> str:
    if value is None:
        return ""
    return f"{value}" if isinstance(value, int) else f"{value:.2f}"


def _bars(values: list[float | None]) -> str:
    highest = max(each for each in values if each is not None)
    return "".join(
        NOTHING if each is None else BARS[round(each / highest * (len(BARS) - 1)) if highest else 0] for each in values
    )


def main() -> None:
    """Keep a release's results where that is asked for, and draw them all."""
    from benchmarks import report  # it draws these lines itself

    parser = argparse.ArgumentParser()
    parser.add_argument("what", nargs="?", choices=["keep"])
    parser.add_argument("release", nargs="?")
    parser.add_argument("--at", default="", help="the commit whose results.json is meant")
    given = parser.parse_args()
    if given.what:
        if not given.release:
            parser.error("keep asks for the release's number")
        show = ["git", "show", f"{given.at}:benchmarks/results.json"]
        results = subprocess.run(show, cwd=HERE, check=True, capture_output=True, text=True).stdout if given.at else ""
        keep(given.release, results or (HERE / "results.json").read_text())
    report.redraw()


if __name__ == "__main__":
    main()
