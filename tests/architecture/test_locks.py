"""What is locked can be installed on each Python that Purser says it runs on, not only on the one that locked it."""

import re
import tomllib
from contextlib import suppress
from functools import cache
from importlib.metadata import PackageNotFoundError, metadata, requires

import pytest
from packaging.markers import default_environment
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

from tests.architecture.source import ROOT

PYTHONS = ("3.11.0", "3.12.0", "3.13.0", "3.14.0")
MACHINES = (("linux", "Linux", "x86_64"), ("linux", "Linux", "aarch64"), ("darwin", "Darwin", "arm64"))


def _locked(*files: str) -> set[str]:
    text = "\n".join((ROOT / "requirements" / file).read_text() for file in files)
    return {canonicalize_name(name) for name in re.findall(r"^([\w.-]+)==", text, re.MULTILINE)}


def _asked_for(asked: list[str], python: str, machine: tuple[str, str, str], locked: set[str]) -> set[str]:
    """Return all packages that those named ask for there, and what these ask for; of what is not locked or not here, the name alone."""
    there: dict[str, str] = {
        **{name: str(value) for name, value in default_environment().items()},
        "python_full_version": python,
        "python_version": python.rpartition(".")[0],
        "sys_platform": machine[0],
        "platform_system": machine[1],
        "platform_machine": machine[2],
    }
    waiting, found = [Requirement(each) for each in asked], dict[tuple[str, frozenset[str]], None]()
    while waiting:
        each = waiting.pop()
        key = (canonicalize_name(each.name), frozenset(each.extras))
        if key in found:
            continue
        found[key] = None
        for further in _requires(each.name) if key[0] in locked else []:
            places = [there | {"extra": extra} for extra in ("", *each.extras)]
            if further.marker is None or any(further.marker.evaluate(place) for place in places):
                waiting.append(further)
    return {name for name, _ in found}


@cache
def _requires(name: str) -> list[Requirement]:
    try:
        return [Requirement(each) for each in requires(name) or []]
    except PackageNotFoundError:  # asked for by other Pythons only
        return []


@pytest.mark.parametrize("python", PYTHONS)
def test_whatever_a_python_asks_for_is_locked(python: str) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    runtime = _locked("runtime.txt", "before-3.11.3.txt")
    with_tools = runtime | _locked("dev.txt")
    tools = project["optional-dependencies"]["dev"]
    for machine in MACHINES:
        assert _asked_for(project["dependencies"], python, machine, runtime) <= runtime, machine
        assert _asked_for([*project["dependencies"], *tools], python, machine, with_tools) <= with_tools, machine


@pytest.mark.parametrize("python", PYTHONS)
def test_whatever_is_locked_runs_on_a_python(python: str) -> None:
    said = {}
    for name in _locked("runtime.txt", "dev.txt"):
        with suppress(PackageNotFoundError):
            said[name] = str(metadata(name).json.get("requires_python", ""))
    assert len(said) > 100
    assert {name: asked for name, asked in said.items() if python not in SpecifierSet(asked)} == {}
