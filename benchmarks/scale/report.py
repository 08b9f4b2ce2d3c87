"""What was found, for people: printed, and kept in scale.md."""

import os
from pathlib import Path

from benchmarks.scale.capacity import HISTORY, ROUNDS, Aged, Cost, Room
from benchmarks.scale.failover import AFTER, APART, BEFORE, Outcome, Story
from benchmarks.scale.load import CLIENTS
from benchmarks.scale.machines import MAX_AGE_SECONDS, WEB_PROCESSES, WORKERS

FILE = Path(__file__).resolve().parent.parent / "scale.md"
HEAD = f"""# Beyond one machine

`make bench-scale`, on {os.cpu_count()} cores that everything shares: PostgreSQL with a streaming replica, PgBouncer in
transaction mode, Redis, {WEB_PROCESSES} web processes of four threads, {WORKERS} workers and {CLIENTS} clients.
"""


def capacity(costs: list[Cost], room: list[Room], aged: list[Aged]) -> list[str]:
    """Return what each call costs, and how old exports are."""
    machines = list(costs[0].each)
    title = f"## What a call costs, in milliseconds of CPU (medians of {ROUNDS} rounds by turns)"
    lines = ["", title, "", f"Beyond rest, which is the last line. The CSV export has {HISTORY:,} rows.", ""]
    lines += [f"| call | {' | '.join(machines)} | answered a second here |", f"|---|{'---:|' * (len(machines) + 1)}"]
    for cost in costs:
        cells = " | ".join(f"{cost.each[name]:.2f}" for name in machines)
        lines.append(f"| {cost.kind} | {cells} | {f'{cost.rate:,.0f}' if cost.rate else ''} |")
    lines += ["", "## What a row takes on disk, with its indexes", "", "| row | bytes | rows here |", "|---|---:|---:|"]
    lines += [f"| {each.what} | {each.bytes_each:,.0f} | {each.rows:,} |" for each in room]
    lines += ["", f"## Exports while the replica stands still (read until it is {MAX_AGE_SECONDS} s old)", ""]
    lines += ["| seconds since it stood still | read from | whole until |", "|---:|---|---|"]
    lines += [f"| {each.after:.1f} | {each.source} | {each.as_of or 'now'} |" for each in aged]
    return _printed([*lines, ""])


def failover(story: Story, outcome: Outcome) -> list[str]:
    """Return what came of a failover."""
    how = "synchronous" if story.synchronous else "asynchronous"
    cut = f", the line to the replica cut {APART:.0f} s before" if story.cut else ""
    lines = [f"## The primary killed under load, {how} replica{cut}", ""]
    lines += ["| | acknowledged | missing | twice |", "|---|---:|---:|---:|"]
    lines += [f"| {each.what} | {each.acknowledged:,} | {each.missing} | {each.twice} |" for each in outcome.compared]
    served = ", ".join(
        f"{kind} {seconds:.1f} s" for kind, seconds in sorted(outcome.outage.items()) if seconds < float("inf")
    )
    paused = ", ".join(f"{kind} {seconds:.1f} s" for kind, seconds in sorted(outcome.between.items()))
    refused = ", ".join(f"{what} x {many}" for what, many in outcome.refused.items()) or "none"
    found = outcome.violations
    proved = f"{len(found)} violations: {'; '.join(found[:3])}" if found else "clean"
    again = f"Calls sent again with the same key: {outcome.again}; never answered: {outcome.given_up}"
    lines += [
        "",
        (
            f"- Load of {BEFORE:.0f} s before and {AFTER:.0f} s after. The replica took writes and PgBouncer led to it "
            f"{outcome.promoted:.1f} s after the kill."
        ),
        f"- Outage, from the kill to the first answer: {served}.",
        f"- The longest without an answer in the whole run: {paused}.",
        f"- {again}. Refused: {refused}.",
        f"- `verify`: {proved}.",
        "",
    ]
    return _printed(lines)


def write(lines: list[str]) -> None:
    """Keep it."""
    FILE.write_text("\n".join([HEAD.rstrip("\n"), *lines]).rstrip("\n") + "\n")


def _printed(lines: list[str]) -> list[str]:
    print("\n".join(lines), flush=True)
    return lines
