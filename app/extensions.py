"""The Flask extensions, made once and bound to the app by `create_app`; our own values beside them, by typed names."""

from collections.abc import Callable
from threading import Lock
from typing import Generic, TypeVar

from flask import Flask, current_app
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from flask_login import LoginManager  # type: ignore[import-untyped]
from flask_wtf.csrf import CSRFProtect  # type: ignore[import-untyped]
from htmx_flask import Htmx  # type: ignore[import-untyped]

from app.config import Settings

T = TypeVar("T")


class Extension(Generic[T]):
    """A value of our own that an app has once. Call it for the value of the current app."""

    def __init__(self, name: str) -> None:
        self._key = f"purser.{name}"
        self._making = Lock()

    def __call__(self) -> T:
        """Return the value of the current app."""
        return self.of(current_app)

    def of(self, app: Flask) -> T:
        """Return the value of this app."""
        value: T = app.extensions[self._key]
        return value

    def set(self, app: Flask, value: T) -> None:
        """Give the app this value, in place of the one it had."""
        app.extensions[self._key] = value

    def get_or_make(self, make: Callable[[], T]) -> T:
        """Return the value of the current app. The first thread that asks makes it, and only that one."""
        if self._key not in current_app.extensions:
            with self._making:
                if self._key not in current_app.extensions:
                    self.set(current_app, make())
        return self()

    def remove(self) -> T | None:
        """Take the value from the current app and return it, or None where there was none."""
        value: T | None = current_app.extensions.pop(self._key, None)
        return value


csrf = CSRFProtect()
htmx = Htmx()
limiter = Limiter(get_remote_address, strategy="moving-window")
login = LoginManager()
settings: Extension[Settings] = Extension("settings")
