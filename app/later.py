"""What is imported or made when something of it is first asked for: a process that never asks does without."""

from collections.abc import Callable
from importlib import import_module
from threading import Lock
from types import ModuleType
from typing import Any


class _Module(ModuleType):
    """Stands for a module. The import system lets one thread load it, and the others wait."""

    def __getattr__(self, name: str) -> Any:
        """Return what the module has under this name."""
        return getattr(import_module(self.__name__), name)


def later(module: str) -> Any:
    """Return what stands for the module, which whoever names it here imports for its types alone."""
    return _Module(module)


class _Made:
    """Stands for an object."""

    def __init__(self, make: Callable[[], Any]) -> None:
        self.__make, self.__making = make, Lock()
        self.__made: Any = None

    def __getattr__(self, name: str) -> Any:
        """Return what the object has under this name. The first thread that asks makes it, and the others wait."""
        with self.__making:
            if self.__made is None:
                self.__made = self.__make()
        return getattr(self.__made, name)


def made_later(make: Callable[[], Any]) -> Any:
    """Return what stands for the object that `make` makes."""
    return _Made(make)
