"""What a host and a worker do, in processes of their own, in any time zone, at given times.

    python -m tests.programs.day_turner

Each line is JSON: [kill_at, many, steps]. So many processes begin at once, each with an app and connections of its own,
and do the steps, a list of [when, what, …]; the answer to each step is a line `answer …`, and the end of all of them a line
`over …` with how each ended. `kill_at` is the commit, before or after, at which a process is killed; 0: never.
"""

import json
import os
import signal
import sys
import time
import traceback
from collections.abc import Callable
from datetime import datetime
from typing import Any

from sqlalchemy import event
from sqlalchemy.orm import Session

from app import clock, create_app
from app.config import Settings
from app.domain.authorizations import AuthorizationRequest
from app.models.scope import as_service
from app.services import jobs
from app.services.authorizations import holds
from app.services.auto_recharge import charging
from tests.support.meters import accept_one


def zone() -> str:
    """Return what zone the machine is in, so that a test sees that it is."""
    return time.strftime("%z", time.localtime(clock.now().timestamp()))


def asks(customer_id: str, key: str, micros: int) -> list[Any]:
    """Ask whether so much may be used, and use it at once."""
    answer = holds.authorize(AuthorizationRequest(customer_id, micros=micros, key=key, at_once=True))
    return [answer.allowed, answer.reason, answer.retry_after_seconds]


def reports(customer_id: str, key: str, quantity: int) -> int:
    """Report usage."""
    return accept_one(customer_id, id=key, meter="requests", quantity=quantity).accepted


def works() -> dict[str, int]:
    """Decide the notices, and send them."""
    return jobs.run_due(names=("notices_decided", "notices_sent", "mails_sent"))


def recharges(customer_id: str, key: str, quantity: int) -> str:
    """Report usage by a key of this process's own, and ask at once whether credit is bought automatically."""
    accept_one(customer_id, id=f"{key}-{os.getpid()}", meter="requests", quantity=quantity)
    with as_service("look at auto-recharge"):
        return charging.look_at(customer_id).outcome.value


def collects() -> int:
    """Collect what is due of unpaid invoices."""
    return jobs.JOBS["invoices_collected"](100)


ACTIONS: dict[str, Callable[..., Any]] = {
    "zone": zone,
    "asks": asks,
    "reports": reports,
    "works": works,
    "recharges": recharges,
    "collects": collects,
}


class Commits:
    """Counts the moments before and after each commit, and kills this process at the one that was asked for."""

    def __init__(self, at: int) -> None:
        self._at, self._count = at, 0

    def reached(self, _session: Session) -> None:
        """Count one moment."""
        self._count += 1
        if self._count == self._at:
            os.kill(os.getpid(), signal.SIGKILL)


def do(kill_at: int, steps: list[list[Any]]) -> None:
    """Do the steps, each when its time has come."""
    app = create_app(Settings.from_env())
    commits = Commits(kill_at)
    event.listen(Session, "before_commit", commits.reached)
    event.listen(Session, "after_commit", commits.reached)
    with app.app_context():
        for when, what, *arguments in steps:
            with clock.at(datetime.fromisoformat(when)):
                said = f"answer {json.dumps(ACTIONS[what](*arguments))}\n"
                os.write(sys.stdout.fileno(), said.encode())  # in one piece: others write to the same pipe


def begin(kill_at: int, steps: list[list[Any]]) -> int:
    """Begin a process that does the steps; return its id. Nothing is open yet that it could share with others."""
    process = os.fork()
    if process:
        return process
    code = 1
    try:
        do(kill_at, steps)
        code = 0
    except BaseException:  # noqa: BLE001  # nothing of the process that began this one may run on in it
        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(code)


def main() -> None:
    """Do what each line asks for, until there are no more."""
    print("ready", flush=True)
    for line in sys.stdin:
        kill_at, many, steps = json.loads(line)
        begun = [begin(kill_at, steps) for _ in range(many)]
        ends = [os.waitstatus_to_exitcode(os.waitpid(each, 0)[1]) for each in begun]
        print("over", json.dumps(ends), flush=True)


if __name__ == "__main__":
    main()
