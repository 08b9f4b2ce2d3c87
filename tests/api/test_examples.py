"""The description's examples are what it describes: each body is taken, each answer has its shape, each curl is sent."""

import json
import re
import shlex
from typing import Any

import jsonschema_rs
import pytest
from bs4 import BeautifulSoup
from flask import Flask

from app.api.contract.openapi import operations_of
from app.models.customers import Customer
from tests.support.api import Api

REF = re.compile(r'"#/components/schemas/')


@pytest.fixture
def document(app: Flask) -> dict[str, Any]:
    """The OpenAPI document."""
    found: dict[str, Any] = app.test_client().get("/v1/openapi.json").get_json()
    return found


def bodies(document: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    """Return each body and answer with a shape: where it stands, and what stands there."""
    found = []
    for path, item in document["paths"].items():
        for method, each in item.items():
            places = {"body": each.get("requestBody", {}), **each["responses"]}
            for place, said in places.items():
                for kind, content in said.get("content", {}).items():
                    if content["schema"].get("format") != "binary":
                        found.append((f"{method} {path} {place} {kind}", content))
    return found


def test_each_body_and_answer_has_an_example_of_its_shape(document: dict[str, Any]) -> None:
    shapes = {"$defs": document["components"]["schemas"]}
    readable = json.loads(REF.sub('"#/$defs/', json.dumps(shapes)))
    samples = document["components"]["examples"]
    for where, content in bodies(document):
        schema = json.loads(REF.sub('"#/$defs/', json.dumps(content["schema"])))
        named = [samples[each["$ref"].rpartition("/")[2]]["value"] for each in content.get("examples", {}).values()]
        shown = [*named, *([content["example"]] if "example" in content else [])]
        assert shown, where
        for each in shown:
            try:
                jsonschema_rs.validate({**readable, **schema}, each)
            except jsonschema_rs.ValidationError as problem:
                pytest.fail(f"{where}: {problem.message} in {each}")


def test_each_body_is_taken_by_its_model(app: Flask, document: dict[str, Any]) -> None:
    for each in operations_of(app):
        if each.body is not None:
            path = "/v1" + each.path.replace("<", "{").replace(">", "}")
            content = document["paths"][path][each.method.lower()]["requestBody"]["content"]
            for kind, model in {"application/json": each.body, **each.also}.items():
                model.model_validate_json(json.dumps(content[kind]["example"]))


def test_each_problem_that_is_documented_has_an_example(document: dict[str, Any]) -> None:
    for where, content in bodies(document):
        if content["schema"].get("$ref", "").endswith("/Problem"):
            status = int(where.split()[2])
            for name in content.get("examples", {}):
                assert document["components"]["examples"][name]["value"]["status"] == status


def test_each_curl_of_the_page_is_an_operation_that_answers_as_documented(
    app: Flask, api: Api, acme: Customer, document: dict[str, Any]
) -> None:
    page = BeautifulSoup(app.test_client().get("/v1/docs").text, "html.parser")
    sent = 0
    for each in operations_of(app):
        path = "/v1" + each.path.replace("<", "{").replace(">", "}")
        block = page.find(id=f"{each.method}-{path}")
        assert block is not None
        code = block.select_one("pre code")
        assert code is not None
        words = shlex.split(code.get_text().replace("\\\n", " "))
        method = words[words.index("-X") + 1] if "-X" in words else "GET"
        address = next(word for word in words if word.startswith("http"))
        headers = dict(words[index + 1].split(": ", 1) for index, word in enumerate(words) if word == "-H")
        assert headers["Authorization"] == "Bearer $PURSER_KEY"
        body = {"data": words[words.index("-d") + 1]} if "-d" in words else {}
        kind = {"headers": {"Content-Type": headers["Content-Type"]}} if "Content-Type" in headers else {}
        answer = api.open(method, address.partition("/v1")[2].replace("org-17", "acme"), **body, **kind)
        documented = document["paths"][path][method.lower()]["responses"]
        assert str(answer.status_code) in documented, (method, address, answer.text)
        assert answer.status_code not in {400, 401, 403, 415}, (method, address, answer.text)
        reason = answer.get_json()["reason"] if answer.status_code >= 400 else ""
        assert reason != "validation_failed", (method, address, answer.text)
        sent += 1
    assert sent >= 100
