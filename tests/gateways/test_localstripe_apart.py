"""localstripe is GPL and stays apart: in an environment of its own, spoken to over HTTP, part of nothing that we ship."""

import ast
import importlib.util
import sys

import pytest

from tests.programs.localstripe.running import REQUIREMENTS, ROOT

HERE = ROOT / "tests" / "programs" / "localstripe"


def test_it_cannot_be_imported_here() -> None:
    assert importlib.util.find_spec("localstripe") is None


@pytest.mark.parametrize("lock", ["runtime.txt", "dev.txt"])
def test_it_is_in_no_other_lock(lock: str) -> None:
    assert "localstripe==" in REQUIREMENTS.read_text()
    assert "localstripe" not in (REQUIREMENTS.parent / lock).read_text()
    assert "localstripe" not in (ROOT / "pyproject.toml").read_text()


@pytest.mark.parametrize("name", ["shim", "upstream", "methods", "wallets", "gaps_in_money", "gaps_in_setups"])
def test_what_stands_before_it_is_ours_and_knows_the_standard_library_only(name: str) -> None:
    tree = ast.parse((HERE / f"{name}.py").read_text())
    imported = {alias.name for each in ast.walk(tree) if isinstance(each, ast.Import) for alias in each.names}
    imported |= {str(each.module) for each in ast.walk(tree) if isinstance(each, ast.ImportFrom)}
    ours = {each for each in imported if each.startswith("tests.programs.localstripe")}
    assert {each.partition(".")[0] for each in imported - ours} <= sys.stdlib_module_names
