"""`make demo-shell`: a command, or a shell, whose `flask portal …` works on the demo's database."""

import argparse
import os
import sys
from pathlib import Path

from app.config import INSTANCE
from app.demo.environment import ROOT, USUAL_PORT, environment


def main() -> int:
    """Become the command; return only where it cannot be run."""
    parser = argparse.ArgumentParser(prog="python -m app.demo.shell", description=__doc__)
    parser.add_argument(
        "--port", type=int, default=int(os.environ.get("DEMO_PORT", USUAL_PORT)), help="of the demo's portal"
    )
    parser.add_argument("--directory", type=Path, default=INSTANCE, help="where the demo keeps its database")
    parser.add_argument("command", nargs=argparse.REMAINDER, help="what to run; without it, a shell")
    asked = parser.parse_args()
    if not (asked.directory / "demo.sqlite3").exists():
        sys.stderr.write(f"There is no demo in {asked.directory} yet: run make demo first.\n")
        return 1
    environ = environment(asked.directory, asked.port) | {"FLASK_APP": str(ROOT / "wsgi.py")}
    environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), environ.get("PATH", os.defpath)])
    command = asked.command or [environ.get("SHELL", "/bin/sh")]
    try:
        os.execvpe(command[0], command, environ)  # noqa: S606  # the person at the terminal says what to run
    except OSError as problem:
        sys.stderr.write(f"{command[0]} cannot be run: {problem.strerror}.\n")
        return 127


if __name__ == "__main__":
    sys.exit(main())
