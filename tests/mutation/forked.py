"""A pytest plugin that tries mutants: the app and the tests are imported once, and each mutant has a process of its own.

Run in mutmut's tree, where `mutants.json` names those to be tried. A process runs only the tests that call the changed
function, and ends at the first red one: first those that found another change of it, then those that are named after
its module or room, then the quickest.
"""

import gc
import json
import os
import resource
import signal
import time
from collections import defaultdict
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from types import SimpleNamespace

import pytest
from _pytest.runner import runtestprotocol
from hypothesis import Phase
from hypothesis import settings as hypothesis_settings

UNDER_TEST = "MUTANT_UNDER_TEST"
CHOSEN, CALLS, ENDS = Path("mutants.json"), Path("calls.json"), Path("ends.jsonl")
LEFT_OUT = Path("red.txt")
"""Which tests are red with nothing changed: they find nothing."""
RED, NO_TESTS, TOO_LONG = 1, 33, 36
FOUND = {RED, TOO_LONG}
"""A test is red, or the change made the tests run on and on."""
AT_ONCE = 2
FEWEST_SECONDS, TIMES_AS_LONG = 20, 10
NEVER_ENDS = 600
"""For how many seconds a test may wait for what never comes, on a loaded machine too."""


class Calls:
    """Which tests call a function, and how long each test takes: looked up once, with nothing changed."""

    def __init__(self, items: list[pytest.Item]) -> None:
        if not CALLS.exists() and (end := _in_a_process(lambda: _look(items))):
            raise RuntimeError(f"the tests are not green with nothing changed: {end}")
        found = json.loads(CALLS.read_text())
        self._seconds, self._tests = found["seconds"], found["tests"]
        self._items = {item.nodeid: item for item in items}
        self._finds: defaultdict[str, list[str]] = defaultdict(list)

    def of(self, mutant: str) -> list[pytest.Item]:
        """Return the tests to try a mutant with, the likeliest to find it first."""
        function = mutant.partition("__mutmut_")[0]
        finds = self._finds[function]
        tests = [each for each in self._tests.get(function, ()) if each in self._items]
        *_packages, room, module, _function = function.split(".")

        def is_far(test: str) -> tuple[int, bool, bool, float]:
            return -finds.count(test), module not in test, f"/{room}/" not in test, self._seconds[test]

        return [self._items[each] for each in sorted(tests, key=is_far)]

    def limit(self, item: pytest.Item) -> int:
        """Return how many seconds of the processor a test may take with something changed."""
        return FEWEST_SECONDS + int(TIMES_AS_LONG * self._seconds[item.nodeid])

    def found(self, mutant: str, test: str) -> None:
        """Keep which test found a change of the function."""
        self._finds[mutant.partition("__mutmut_")[0]].append(test)


@pytest.hookimpl(tryfirst=True)
def pytest_collection() -> None:
    """Let what is red be red at once: nobody reads the smallest example of a mutant."""
    hypothesis_settings.register_profile(
        "mutants", hypothesis_settings(phases=(Phase.explicit, Phase.generate), database=None)
    )
    hypothesis_settings.load_profile("mutants")


@pytest.hookimpl(tryfirst=True)
def pytest_runtestloop(session: pytest.Session) -> bool:
    """Try the mutants instead of running the tests."""
    gc.freeze()  # so that a process does not copy what it only looks at
    session.config._tmp_path_factory.getbasetemp()  # type: ignore[attr-defined]  # one for all processes
    calls = Calls(session.items)
    waiting = json.loads(CHOSEN.read_text())[::-1]
    running: dict[int, tuple[str, Path]] = {}
    while waiting or running:
        while waiting and len(running) < AT_ONCE:
            mutant = waiting.pop()
            items = calls.of(mutant)
            if not items:
                _ended(mutant, NO_TESTS, "")
                continue
            said = Path(f"said-{len(waiting)}")
            running[_started(mutant, [(item, calls.limit(item)) for item in items], said)] = (mutant, said)
        _look_at(running, calls)
    return True


def _look_at(running: dict[int, tuple[str, Path]], calls: Calls) -> None:
    for pid, (mutant, said) in list(running.items()):
        ended, status = os.waitpid(pid, os.WNOHANG)
        if not ended:
            continue
        _kill_all_of(pid)
        del running[pid]
        test = said.read_text() if said.exists() else ""
        said.unlink(missing_ok=True)
        code = os.waitstatus_to_exitcode(status)
        if test:
            calls.found(mutant, test)
        _ended(mutant, TOO_LONG if code < 0 else code, test)
    time.sleep(0.01)


def _started(mutant: str, items: list[tuple[pytest.Item, int]], said: Path) -> int:
    pid = os.fork()
    if not pid:
        _alone()
        os.environ[UNDER_TEST] = mutant
        os._exit(_run(items, said))
    return pid


def _in_a_process(work: Callable[[], int]) -> int:
    pid = os.fork()
    if not pid:
        _alone()
        os._exit(work())
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def _alone() -> None:
    os.setsid()
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)


def _kill_all_of(pid: int) -> None:
    with suppress(ProcessLookupError):
        os.killpg(pid, signal.SIGKILL)


def _run(items: list[tuple[pytest.Item, int]], said: Path) -> int:
    """Run the tests until one is red; 1 when one was."""
    for item, limit in items:
        _end_after(limit)
        if not _is_green(item):
            said.write_text(item.nodeid)
            return RED
    return 0


def _end_after(limit: int) -> None:
    """Let the process end by itself when its test takes so many seconds more of the processor, or waits for ever."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    resource.setrlimit(resource.RLIMIT_CPU, (int(used.ru_utime + used.ru_stime) + limit, resource.RLIM_INFINITY))
    signal.alarm(NEVER_ENDS)


def _is_green(item: pytest.Item) -> bool:
    reports = runtestprotocol(item, log=False, nextitem=SimpleNamespace(listchain=lambda: [item.session]))  # type: ignore[arg-type]
    return not any(report.failed for report in reports)


def _look(items: list[pytest.Item]) -> int:
    """Run every test and write down which functions it calls; one that is red by itself finds nothing and is left out."""
    from mutmut.state import state  # type: ignore[import-not-found]

    os.environ[UNDER_TEST] = "stats"
    seconds, tests = {}, defaultdict[str, list[str]](list)
    for item in items:
        began = time.monotonic()
        state()._stats.clear()
        if not _is_green(item):
            with LEFT_OUT.open("a") as red:
                red.write(f"{item.nodeid}\n")
            continue
        seconds[item.nodeid] = time.monotonic() - began
        for function in state()._stats:
            tests[function].append(item.nodeid)
    CALLS.write_text(json.dumps({"seconds": seconds, "tests": tests}))
    return 0


def _ended(mutant: str, code: int, test: str) -> None:
    with ENDS.open("a") as ends:
        ends.write(json.dumps([mutant, code, test]) + "\n")
