"""The TypeScript client, compiled once for all tests of a session."""

import subprocess
from pathlib import Path

from tests.support import postgres
from tests.support.server import ROOT

CLIENT = ROOT / "clients" / "typescript"


def built(session_dir: Path) -> Path:
    """Install what compiles the client, compile it, and return where its files are."""
    done = session_dir / "typescript.built"
    with postgres.locked(session_dir / "typescript.lock"):
        if not done.exists():
            for command in (["npm", "ci", "--silent", "--ignore-scripts"], ["npx", "--no-install", "tsc"]):
                subprocess.run(command, cwd=CLIENT, check=True)
            done.touch()
    return CLIENT / "dist"
