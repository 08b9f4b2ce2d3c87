"""What `make serve` asks before the server starts, so that a wrong setting is said once.

Each web process says it too, and the server starts again what has ended.
"""

import os
import sys
from collections.abc import Mapping

from app.config import Settings, WrongSetting

BOUNDS = {"PORT": (1, 65_535), "WEB_WORKERS": (1, 100), "WEB_THREADS": (1, 200), "WEB_STOP_SECONDS": (1, 1_800)}
"""What `make serve` alone reads: whole numbers from the one to the other."""


def check(environ: Mapping[str, str]) -> None:
    """Raise `WrongSetting` for the first setting that is wrong: of the portal's, or of the server's."""
    Settings.from_env(environ)
    for name, (least, most) in BOUNDS.items():
        text = environ.get(name, "").strip()
        if not (text.isascii() and text.isdigit() and len(text) <= len(str(most)) and least <= int(text) <= most):
            raise WrongSetting(f"{name} must be a number from {least} to {most}")


if __name__ == "__main__":
    try:
        check(os.environ)
    except WrongSetting as problem:
        sys.exit(f"Wrong setting: {problem}")
