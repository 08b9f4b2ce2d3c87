"""Processes that report the same usage events over and over, some of them killed while they do.

    python -m tests.programs.reporter < plan.json

The plan is `{"workers": [[batch, …], …], "kills": [[worker, batches], …]}`; an event is `[id, customer, meter, quantity,
subject]`. A worker of `kills` is killed with SIGKILL once it has had that many answers, and another process begins its
plan from the start, as a host does that does not know what arrived. Each answer is a line of JSON: `[worker, [[id, reason],
…]]`, with an empty reason for what was accepted or counted before. At last a line says how many processes were killed.
"""

import json
import multiprocessing
import os
import random
import signal
import sys
import time
from ctypes import c_int
from multiprocessing.process import BaseProcess
from typing import Any

from flask import Flask

from app import create_app
from app.config import Settings
from app.domain.rating import UsageReport
from app.services.usage import events

FORK = multiprocessing.get_context("fork")
Plan = list[list[list[Any]]]


def work(app: Flask, number: int, plan: Plan, answered: c_int) -> None:
    """Be one worker: send every batch and say what came of it."""
    for batch in plan:
        with app.app_context():
            sent = [UsageReport(*event) for event in batch]
            answer = events.accept(sent)
        reasons = {each.index: each.reason for each in answer.rejected}
        ends = [[each.id, reasons.get(index, "")] for index, each in enumerate(sent)]
        os.write(1, (json.dumps([number, ends]) + "\n").encode())  # at once: a killed process leaves no half of a line
        answered.value += 1


def main() -> None:
    """Start the workers, kill those that are to be killed, and start another in their place."""
    said = json.load(sys.stdin)
    app = create_app(Settings.from_env())
    plans: list[Plan] = said["workers"]
    answered = [FORK.RawValue(c_int) for _ in plans]  # without a lock, which whoever is killed would take along

    def begin(number: int) -> BaseProcess:
        worker = FORK.Process(target=work, args=(app, number, plans[number], answered[number]))
        worker.start()
        return worker

    crew, killed = [begin(number) for number in range(len(plans))], 0
    for number, batches in said["kills"]:
        while answered[number].value < batches and crew[number].is_alive():
            time.sleep(0.001)
        time.sleep(random.uniform(0, 0.01))  # noqa: S311  # somewhere within the next batch
        crew[number].kill()
        crew[number].join()
        killed += crew[number].exitcode == -signal.SIGKILL
        answered[number].value = 0
        crew[number] = begin(number)
    for worker in crew:
        worker.join()
    os.write(1, (json.dumps({"killed": killed}) + "\n").encode())
    sys.exit(any(worker.exitcode for worker in crew))


if __name__ == "__main__":
    main()
