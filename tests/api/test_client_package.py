"""The Python client as it is installed: every module in its wheel, with its types; in proof, in a fresh environment."""

import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from app.models.customers import Customer
from tests.api.test_client import key, library
from tests.support.server import ROOT, Server

__all__ = ["key", "library"]
CLIENT = ROOT / "clients" / "python"
BUILD = "import sys; from setuptools import build_meta; print(build_meta.build_wheel(sys.argv[1]))"
ASKS = """
import sys
from purser_client import Purser
import purser_client
assert purser_client.__file__.startswith(sys.prefix), purser_client.__file__
print(Purser(sys.argv[1], sys.argv[2]).balance("acme")["remaining_credits"])
"""


def wheel(directory: Path) -> Path:
    """Build the wheel of a copy, as pip does."""
    copy = directory / "client"
    shutil.copytree(CLIENT, copy, ignore=shutil.ignore_patterns("build", "*.egg-info", "__pycache__"))
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", BUILD, str(directory)],
        cwd=copy,
        capture_output=True,
        text=True,
        check=True,
    )
    return directory / done.stdout.splitlines()[-1]


def test_its_wheel_has_every_module_and_its_types(tmp_path: Path) -> None:
    with zipfile.ZipFile(wheel(tmp_path)) as files:
        names = {name for name in files.namelist() if name.startswith("purser_client/")}
        (about,) = [files.read(name).decode() for name in files.namelist() if name.endswith("/METADATA")]
    there = {f"purser_client/{each.name}" for each in (CLIENT / "purser_client").iterdir() if each.is_file()}
    assert names == there
    assert "purser_client/py.typed" in names
    assert 'Requires-Dist: opentelemetry-sdk>=1.45; extra == "opentelemetry"' in about


@pytest.mark.proof
def test_it_is_installed_in_a_fresh_environment_and_asks_the_running_portal(
    key: str, live_server: Server, acme: Customer, tmp_path: Path
) -> None:
    subprocess.run([sys.executable, "-m", "venv", str(tmp_path / "venv")], check=True)
    python = tmp_path / "venv" / "bin" / "python"
    copy = tmp_path / "client"
    shutil.copytree(CLIENT, copy, ignore=shutil.ignore_patterns("build", "*.egg-info", "__pycache__"))
    subprocess.run([python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", str(copy)], check=True)
    done = subprocess.run(
        [python, "-c", ASKS, live_server.url, key], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "10.00"
