"""What a WSGI server runs, `wsgi:app`; for `flask --app wsgi portal …` the commands, and the app once one runs."""

import gc
import signal
import sys

gc.disable()  # what is imported stays: to look through it again and again takes a quarter of the start
for ends in (signal.SIGTERM, signal.SIGINT):
    # In a worker of granian these are handlers of its first process, until all is imported: the worker would not end.
    if getattr(signal.getsignal(ends), "__name__", "") == "signal_handler_interrupt":
        signal.signal(ends, signal.SIG_DFL)

from contextlib import AbstractContextManager, nullcontext

import click
from flask import Flask

from app import create_app, logs  # noqa: F401  # logs first: it keeps structlog from taking rich where it finds it
from app.config import Settings, WrongSetting


def portal() -> Flask:
    """Make the app, which is not looked through for garbage from here on."""
    gc.disable()
    try:
        return create_app(Settings.from_env())
    except WrongSetting as problem:
        sys.exit(f"Wrong setting: {problem}")
    finally:
        gc.freeze()
        gc.enable()


class Commands(Flask):
    """The portal's commands. Each runs in the app; to look one up, or to be told about it, takes none."""

    def app_context(self) -> AbstractContextManager[object]:  # type: ignore[override]  # the app's own, or nothing
        """Return the context of the app where a command runs."""
        looked_up = isinstance(click.get_current_context().command, click.Group)
        return nullcontext() if looked_up else portal().app_context()


def commands() -> Flask:
    """Return the portal's commands."""
    from app.cli import bp

    made = Commands("app")
    made.register_blueprint(bp)
    gc.freeze()
    gc.enable()
    return made


app = commands() if click.get_current_context(silent=True) and "portal" in sys.argv else portal()
