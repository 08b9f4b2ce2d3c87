"""The results, for people and for programs: ratios first, and nothing of the machine but its cores and databases."""

import json
import os
from dataclasses import asdict
from pathlib import Path

from benchmarks import releases
from benchmarks.timing import ROUNDS, Count, Ratio

HERE = Path(__file__).resolve().parent
PAGES = "## Pages beside the build"


def lines(found: list[Ratio | Count], versions: list[str]) -> list[str]:
    """Return the report's lines."""
    ratios = [each for each in found if isinstance(each, Ratio)]
    counts = [each for each in found if isinstance(each, Count)]
    table = [
        "# Results",
        "",
        f"{os.cpu_count()} cores, {' and '.join(versions)}; medians of {ROUNDS} interleaved rounds.",
    ]
    table += ["How to read them: [README.md](README.md).", "", "| what | database | ratio | goal | | measured |"]
    table += ["|---|---|---:|---:|---|---|"]
    for each in ratios:
        goal = f"≤ {each.goal:.3g}" if each.goal is not None else ""
        table.append(f"| {each.what} | {each.database} | {each.ratio:.2f} | {goal} | {each.verdict} | {each.detail} |")
    table += ["", "| what | database | count | goal | |", "|---|---|---:|---:|---|"]
    for number in counts:
        most = f"≤ {number.goal}" if number.goal is not None else ""
        table.append(f"| {number.what} | {number.database} | {number.count} | {most} | {number.verdict} |")
    return table


def write_pages(against: str, rounds: int, versions: list[str], rows: list[str]) -> None:
    """Write the pages beside an older build below the other results, in place of those written before."""
    results = (HERE / "results.md").read_text().partition(PAGES)[0]
    head = [
        f"{PAGES} {against}",
        "",
        f"{' and '.join(versions)}; medians of {rounds} rounds by turns, at the same history of 20,000 rows.",
        "This build to the older one; sizes are of the compressed HTML.",
        "",
        "| page | database | ratio | goal | | server time | statements | size |",
        "|---|---|---:|---:|---|---|---|---|",
    ]
    (HERE / "results.md").write_text("\n".join([results.rstrip(), "", *head, *rows]) + "\n")


def replace(part: str, found: list[Ratio | Count]) -> None:
    """Put what was measured of one part into both files, in place of what they say of it; the rest stays."""
    rows, versions = _kept()
    others = [each for each in rows if not each.what.startswith(part)]
    for database in dict.fromkeys(each.database for each in found):
        last = max((place for place, each in enumerate(others, 1) if each.database == database), default=len(others))
        others[last:last] = [each for each in found if each.database == database]
    write(others, versions)


def renew(found: list[Ratio | Count]) -> None:
    """Put what was measured into both files, in place of the rows of the same names; what is new comes last."""
    rows, versions = _kept()
    new = {(each.what, each.database): each for each in found}
    write([*(new.pop((each.what, each.database), each) for each in rows), *new.values()], versions)


def redraw() -> None:
    """Write both files again as they are, with what is kept of releases since."""
    write(*_kept())


def _kept() -> tuple[list[Ratio | Count], list[str]]:
    kept = json.loads((HERE / "results.json").read_text())
    rows = list[Ratio | Count]()
    for each in kept["results"]:
        values = {name: value for name, value in each.items() if name != "verdict"}
        rows.append(Ratio(**values) if "ratio" in each else Count(**values))
    return rows, kept["machine"]["databases"]


def write(found: list[Ratio | Count], versions: list[str]) -> None:
    """Write both files beside this one."""
    kept = "".join((HERE / "results.md").read_text().partition(PAGES)[1:])
    (HERE / "results.md").write_text(
        "\n".join([*lines(found, versions), "", *releases.drawn(found)]) + "\n" + (f"\n{kept}" if kept else "")
    )
    results = [{**asdict(each), "verdict": each.verdict} for each in found]
    for each in results:
        if "ratio" in each:
            each["ratio"] = round(each["ratio"], 3)
    machine = {"cores": os.cpu_count(), "databases": versions}
    (HERE / "results.json").write_text(json.dumps({"results": results, "machine": machine}, indent=2) + "\n")
