"""Measure the portal beside its rivals alone: `python -m benchmarks.rivals [--keep]`."""

import argparse

from benchmarks import report
from benchmarks.places import places
from benchmarks.rivals.work import NAME, measure
from benchmarks.timing import Count, Ratio


def main() -> None:
    """Measure and print it."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--keep", action="store_true", help="put the rows into results.md and results.json")
    given = parser.parse_args()
    found = list[Ratio | Count]()
    with places() as offered:
        for place in offered:
            found += measure(place)
    print("\n".join(report.lines(found, [])), flush=True)
    if given.keep:
        report.replace(NAME, found)


if __name__ == "__main__":
    main()
