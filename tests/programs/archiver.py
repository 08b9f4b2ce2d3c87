"""A run of `portal archive-events` in a process of its own that is killed or stopped at a moment of its transactions.

    python -m tests.programs.archiver kill|stop MOMENT MONTH DIRECTORY NOW

MOMENT is how a statement begins, before which it happens, or `before_commit`, `after_commit`, or `after_turn`: between
two transactions, when others may write. NOW is what its clock shows.
"""

import os
import signal
import sys
from datetime import datetime

from sqlalchemy import event
from sqlalchemy.engine import Engine
from sqlalchemy.orm import Session

from app import clock
from app.services import wake_ups
from wsgi import app

ENDS = {"kill": signal.SIGKILL, "stop": signal.SIGSTOP}


def main(how: str, moment: str, words: list[str], now: datetime) -> int:
    """Run the command, and return its exit status."""

    def end(*_args: object) -> None:
        os.write(sys.__stdout__.fileno(), b"now\n")  # the command's own output is kept for its end
        os.kill(os.getpid(), ENDS[how])

    def before(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        if statement.lower().startswith(moment):
            end()

    if moment == "after_turn":
        wake_ups.send = end
    elif moment.endswith("_commit"):
        event.listen(Session, moment, end)
    else:
        event.listen(Engine, "before_cursor_execute", before)
    with clock.at(now):
        result = app.test_cli_runner().invoke(args=["portal", "archive-events", *words])
    print(result.output, flush=True)
    return result.exit_code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2], sys.argv[3:5], datetime.fromisoformat(sys.argv[5])))
