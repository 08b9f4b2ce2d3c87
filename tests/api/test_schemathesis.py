"""What the OpenAPI document promises is what is answered, whatever is sent: at least 8 requests an operation, or 100."""

from collections import Counter
from collections.abc import Callable
from pkgutil import iter_modules
from typing import Any

import pytest
import schemathesis
from flask import Flask
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import APIOperation, Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from app.api import v1
from app.models.customers import Customer
from tests.support import tiers
from tests.support.api import Api
from tests.support.client import outside_contexts

RESOURCES = sorted(module.name for module in iter_modules(v1.__path__) if module.name != "docs")
CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
EXAMPLES = tiers.sample_of(8, proof=100)
PHASES = (Phase.generate, Phase.shrink)  # the seed of a failure is printed
EVERY_CHECK = list(HealthCheck)
IDS = ("customer_id", "customer", "authorization_id", "endpoint_id")
PATH = "/v1/openapi.json"
_DESCRIBED: dict[str, Any] = {}
KNOWN = ((), IDS, (*IDS, "meter"), (*IDS, "meter"))


@pytest.mark.parametrize("resource", RESOURCES)
def test_every_answer_is_a_documented_one(
    app: Flask, api: Api, acme: Customer, resource: str, record_property: Callable[[str, object], None]
) -> None:
    known = things(api, acme)
    document = schemathesis.openapi.from_dict(described(app)).include(operation_id_regex=f"^{resource}[.]")
    document.app, document.location = app, PATH
    operations = [result.ok() for result in document.get_all_operations()]
    assert operations
    for each in sorted(operations, key=lambda each: each.method.lower() == "delete"):
        sent = _answers(each, api, known).total()
        assert sent >= EXAMPLES, each.label
        record_property("operations of the API", 1)
        record_property("generated requests to them", sent)


def described(app: Flask) -> dict[str, Any]:
    """Return the document, which each app serves alike: it is made once."""
    if not _DESCRIBED:
        with outside_contexts():
            _DESCRIBED.update(app.test_client().get(PATH).get_json())
    return _DESCRIBED


def things(api: Api, acme: Customer) -> dict[str, object]:
    """Return by name what there is: requests about nothing would never get far."""
    given = api.post(f"/customers/{acme.customer_id}/credit_grants", {"credits": "1000000", "reason": "To be spent"})
    asked = api.post("/authorizations", {"customer": acme.customer_id, "credits": "1"})
    endpoint = api.post("/webhook_endpoints", {"url": "https://93.184.215.14/hook"})  # it is not called
    assert (given.status_code, asked.status_code, endpoint.status_code) == (201, 200, 201), endpoint.text
    return {
        "customer_id": acme.customer_id,
        "customer": acme.customer_id,
        "meter": "requests",
        "authorization_id": asked.get_json()["authorization"],
        "endpoint_id": endpoint.get_json()["id"],
    }


def _answers(operation: APIOperation, api: Api, things: dict[str, object]) -> Counter[int]:
    """Send what may and what may not be sent, some of it about what there is; count the statuses."""
    seen: Counter[int] = Counter()

    def send_some(mode: GenerationMode, many: int) -> None:
        @settings(max_examples=many, deadline=None, database=None, phases=PHASES, suppress_health_check=EVERY_CHECK)
        @given(case=operation.as_strategy(mode), known=st.sampled_from(KNOWN))
        def send(case: Case, known: tuple[str, ...]) -> None:
            _name(case, {name: things[name] for name in known})
            with outside_contexts():
                answer = case.call(headers={"Authorization": f"Bearer {api.key}"})
            seen[answer.status_code] += 1
            case.validate_response(answer, checks=CHECKS)

        send()

    send_some(GenerationMode.NEGATIVE, EXAMPLES // 2)
    send_some(GenerationMode.POSITIVE, EXAMPLES - seen.total())
    return seen


def _name(case: Case, known: dict[str, object]) -> None:
    """Let the request be about what there is, where it names something of the kind."""
    places = [case.path_parameters, case.query, case.body]
    if isinstance(case.body, dict) and isinstance(case.body.get("events"), list):
        places += case.body["events"]
    for place in places:
        if isinstance(place, dict):
            place.update({name: value for name, value in known.items() if isinstance(place.get(name), str)})
