"""Try the mutants of the domain, and a sample of those of the money rooms; print what survives and is not known.

    python -m tests.mutation [PLACE …]

A place is `domain` or `services`, or a file of one of them, such as app/domain/money.py. `CRASH_SEED=…` draws the same
sample again. Exits with 1 when more than one in twenty survives that is not equivalent.
"""

import os
import secrets
import sys
from dataclasses import dataclass, replace

from tests.mutation import equivalent, equivalent_in_services
from tests.mutation.equivalent import Equivalent
from tests.mutation.places import PLACES, Place
from tests.mutation.workspace import Mutant, changed, drawn, made, named, tried

MOST_PERCENT = 5
EQUIVALENT = (*equivalent.EQUIVALENT, *equivalent_in_services.EQUIVALENT)


@dataclass(frozen=True)
class Result:
    """What came of the mutants of a place: how many there are and were tried, and which survived."""

    place: Place
    there: int
    tried: int
    equivalent: int
    survivors: tuple[Mutant, ...]
    stale: tuple[Equivalent, ...] = ()

    @property
    def percent(self) -> float:
        """The share of those tried, but for the equivalent ones, that survived."""
        return 100 * len(self.survivors) / max(1, self.tried - self.equivalent)

    @property
    def words(self) -> str:
        """The result in a line of docs/proof.md."""
        of = f"{self.tried:,} of {self.there:,}" if self.tried < self.there else f"all {self.there:,}"
        found = self.tried - self.equivalent - len(self.survivors)
        return (
            f"{of} tried: {found:,} found, {self.equivalent} equivalent, {len(self.survivors)} survive "
            f"({self.percent:.1f} %); earlier: {self.place.measured}"
        )


def look_at(place: Place, seed: str) -> Result:
    """Try the place's mutants, or the sample that the seed draws."""
    with made(place) as tree:
        names = named(tree)
        chosen = drawn(names, place.sample, seed, lambda some: changed(tree, some))
        done = tried(tree, place, chosen)
    known = {(each.file, each.old, each.new) for each in EQUIVALENT}
    alive = [each for each in done if not each.found]
    survivors = [each for each in alive if (each.file, each.old, each.new) not in known]
    changes = {(each.file, each.old, each.new) for each in done}
    files = {each.file for each in done} if place.sample is None else set()
    stale = [each for each in EQUIVALENT if each.file in files and (each.file, each.old, each.new) not in changes]
    return Result(
        place,
        len(names) if place.sample else len(done),
        len(done),
        len(alive) - len(survivors),
        tuple(survivors),
        tuple(stale),
    )


def main(names: list[str]) -> int:
    """Look at the places, print what survives, and return the exit code."""
    seed = os.environ.get("CRASH_SEED") or secrets.token_hex(4)
    wanted = [place for place in PLACES if not names or place.name in names]
    files = tuple(name for name in names if name.endswith(".py"))
    wanted += [
        replace(place, name=", ".join(files), files=files, sample=None)
        for place in PLACES
        if files and files[0].startswith(f"app/{place.name}/")
    ]
    results = [look_at(place, seed) for place in wanted]
    for result in results:
        for each in result.survivors:
            print(f"{each.name}\n    - {each.old}\n    + {each.new}")
        for line in result.stale:
            print(f"Named as equivalent, and no mutant any more: {line.file}: {line.new}")
        print(f"{result.place.name} (seed {seed}): {result.words}.", flush=True)
    return 0 if all(result.percent <= MOST_PERCENT and not result.stale for result in results) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
