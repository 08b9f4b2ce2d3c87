"""The clients know the API that there is: what is written from its description is what would be written now."""

import importlib.util
import json
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from flask import Flask

from app.api.contract.openapi import document

CLIENTS = Path(__file__).parents[2] / "clients"
AGAIN = "The API has changed: run `make clients`, and commit what it writes."


@pytest.fixture
def generate() -> ModuleType:
    """The program that writes the clients."""
    spec = importlib.util.spec_from_file_location("generate", CLIENTS / "generate.py")
    assert spec and spec.loader
    made = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(made)
    return made


@pytest.fixture
def kept(app: Flask, generate: ModuleType) -> str:
    """The description, as the clients keep it."""
    found: dict[str, Any] = document(app, "https://billing.example.com")
    return str(generate.described(json.loads(json.dumps(found))))


def test_the_python_client_has_every_operation_and_shape(generate: ModuleType, kept: str) -> None:
    for path, text in generate.files(json.loads(kept)).items():
        assert path.read_text() == text, AGAIN


def test_the_typescript_client_is_of_the_same_description(generate: ModuleType, kept: str) -> None:
    first = (CLIENTS / "typescript/src/schema.ts").read_text().partition("\n")[0]
    assert f"{first}\n" == generate.stamp(kept), AGAIN
