"""The settings of the demo, for its processes and for commands against its database."""

import os
import secrets
import shlex
import sys
from pathlib import Path

from app.config import INSTANCE, Settings

ROOT = Path(__file__).resolve().parent.parent.parent
HOST = "127.0.0.1"
NAME = "localhost"
"""The portal's: browsers make passkeys for a name, and never for an address."""
USUAL_PORT = 8000


def environment(directory: Path, port: int) -> dict[str, str]:
    """Return the settings of the demo, over whatever else is in the environment."""
    directory.mkdir(parents=True, exist_ok=True)
    ours = {name.upper() for name in Settings.__dataclass_fields__}
    others = {name: value for name, value in os.environ.items() if name.removesuffix("_FILE") not in ours}
    return others | {
        "SECRET_KEY": _secret(directory / "demo.secret"),
        "DATABASE_URL": f"sqlite:///{directory.resolve() / 'demo.sqlite3'}",
        "PAYMENTS": "sandbox",
        "DEMO": "1",
        "WEBHOOKS_ALLOW_LOOPBACK": "1",
        "BASE_URL": f"http://{NAME}:{port}",
        "LOG_FORMAT": "console",
        "PYTHONUNBUFFERED": "1",
    }


def shell_command(directory: Path, port: int) -> str:
    """Return how a command is run against the demo's database, as somebody in the project's folder types it."""
    if directory.resolve() == INSTANCE.resolve():
        other = "" if port == USUAL_PORT else f" DEMO_PORT={port}"
        return f'make demo-shell{other} ARGS="flask portal verify"'
    where = f"--port {port} --directory {shlex.quote(str(directory))}"
    return f"{sys.executable} -m app.demo.shell {where} flask portal verify"


def _secret(path: Path) -> str:
    """Return the demo's key, made once, so that sign-ins outlive a restart."""
    if not path.exists():
        path.touch(0o600)
        path.write_text(secrets.token_hex(32))
    return path.read_text()
