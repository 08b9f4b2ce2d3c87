"""A command of the portal that dies by kill -9 at a moment of its session: `before_commit` or `after_commit`.

python -m tests.programs.dies_over_it MOMENT WORDS OF THE COMMAND
"""

import os
import signal
import sys

from sqlalchemy import event
from sqlalchemy.orm import Session

from wsgi import app

if __name__ == "__main__":
    event.listen(Session, sys.argv[1], lambda _session: os.kill(os.getpid(), signal.SIGKILL))
    app.test_cli_runner().invoke(args=["portal", *sys.argv[2:]])
