"""Every address that leaves the house leads to a page: one module makes it, from a name that the URL map has."""

import ast
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask
from jinja2 import nodes
from werkzeug.routing import BuildError

from app.config import Settings
from app.domain import notices
from app.services import portal_links
from app.web import access
from tests.architecture.source import APP, ROOT, modules, named, tree
from tests.support import databases
from tests.support.addresses import leads_nowhere
from tests.support.databases import Database

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


@pytest.fixture
def settings(database: Database) -> Settings:
    """A demo's, which has every page."""
    return replace(databases.settings_for(database), demo=True)


TEMPLATES = APP / "templates"
KNOWS_WHERE_WE_ARE = {
    "app/config.py": "reads BASE_URL",
    "app/services/portal_links.py": "makes every address of ours",
    "app/web/access.py": "compares the Origin of a change with it",
    "app/demo/__main__.py": "prints where the demo is, before it imports the app",
    "app/demo/people.py": "names the host product, one port further",
    "app/gateways/sandbox/controls.py": "hands it to the pretend processor, whose pages are beside ours",
    "app/gateways/sandbox/deliveries.py": "posts the pretend processor's webhooks, to the endpoint that it names",
    "app/gateways/sandbox/payment_intents.py": "a page of the pretend bank's",
    "app/gateways/sandbox/hosted_pages.py": "pages of the pretend processor's",
    "app/gateways/sandbox/routes.py": "hands it on",
    "app/gateways/sandbox/setup_intents.py": "a page of the pretend bank's",
    "app/gateways/sandbox/transport.py": "hands it on",
}
BUILDERS = {"url_for": 0, "portal_links.page": 0, "portal_links.page_or_overview": 0, "saved": 0}
"""What makes an address of a page's name, and which argument is the name."""
PREFIXES = re.compile(r"/(billing|v1|dev|sandbox|webhooks|sign-in|confirm-access)(/|$)")


def built(path: Path) -> Iterator[tuple[int, ast.Call]]:
    """Yield every call that makes an address of a page's name."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Call) and ast.unparse(node.func) in BUILDERS:
            yield node.lineno, node


def unknown(app: Flask, endpoint: str, given: set[str], *, open_ended: bool) -> str:
    """Return why no address can be made of this, or nothing."""
    rules = list(app.url_map.iter_rules(endpoint)) if endpoint in app.url_map._rules_by_endpoint else []
    if not rules:
        return f"there is no page {endpoint}"
    needed = min((rule.arguments - set(rule.defaults or {}) for rule in rules), key=len)
    return "" if open_ended or needed <= given else f"{endpoint} needs {sorted(needed - given)}"


def test_one_module_makes_the_addresses_of_ours(app: Flask) -> None:
    knowing = {named(path) for path in modules() if re.search(r"\bbase_url\b", path.read_text())}
    assert knowing == set(KNOWS_WHERE_WE_ARE)
    external = [named(path) for path in modules() if re.search(r"\b_external\b|url_root|host_url", path.read_text())]
    assert external == []


def test_no_address_is_written_out(app: Flask) -> None:
    """A path in the code is one that a route declares; every other place names the page."""
    allowed = {  # paths of others, or of no page
        "app/api/contract/problems.py": "/v1/",
        "app/api/contract/openapi.py": "/v1",
        "app/api/v1/docs.py": "/v1",
        "app/demo/__main__.py": "/v1/docs",
        "app/gateways/sandbox/deliveries.py": ("/webhooks/stripe", "/v1/webhook_endpoints"),
        "app/gateways/sandbox/payment_intents.py": "/sandbox/",
        "app/gateways/sandbox/setup_intents.py": "/sandbox/",
        "app/gateways/sandbox/hosted_pages.py": ("/sandbox/portal/", "/sandbox/checkout/"),
        "app/demo/host_product.py": "/webhooks",
    }
    found = {}
    for path in modules():
        if path.is_relative_to(APP / "gateways" / "sandbox") and path.name in {"routes.py", "errors.py"}:
            continue  # Stripe's own paths
        for node in ast.walk(tree(path)):
            for text in _written(node):
                if named(path) not in allowed or not text.startswith(allowed[named(path)]):
                    found[f"{named(path)}:{getattr(node, 'lineno', 0)}"] = text
    assert found == {}


def _written(node: ast.AST) -> Iterator[str]:
    """Yield what is written like a path of ours, but for what a route or a blueprint declares."""
    if isinstance(node, ast.Call):
        parts = [*node.args, *(each.value for each in node.keywords if each.arg != "url_prefix")]
        declares = ast.unparse(node.func).startswith(("bp.", "Operation")) or ast.unparse(node.func) == "operation"
        texts = [] if declares else parts
    elif isinstance(node, ast.JoinedStr):
        texts = list(node.values)
    elif isinstance(node, ast.Assign | ast.AnnAssign | ast.Return | ast.BinOp | ast.IfExp | ast.Dict | ast.Tuple):
        texts = [each for each in ast.iter_child_nodes(node) if isinstance(each, ast.expr)]
    else:
        texts = []
    for each in texts:
        if isinstance(each, ast.Constant) and isinstance(each.value, str) and PREFIXES.match(each.value):
            yield each.value


def test_every_page_that_the_code_names_is_there(app: Flask) -> None:
    found, seen = [], 0
    for path in modules():
        for line, call in built(path):
            name = call.args[0] if call.args else None
            if isinstance(name, ast.Constant):
                seen += 1
                given = {each.arg for each in call.keywords if each.arg}
                if ast.unparse(call.func) == "saved":  # what it has beside is for the template
                    given = {"values"}
                open_ended = any(each.arg is None for each in call.keywords)
                problem = unknown(app, name.value, given, open_ended=open_ended)
                found += [f"{named(path)}:{line} {problem}"] if problem else []
    assert found == []
    assert seen > 30


def test_every_page_that_a_template_names_is_there(app: Flask) -> None:
    found, seen = [], 0
    for path in sorted(TEMPLATES.rglob("*.*")):
        for call in app.jinja_env.parse(path.read_text()).find_all(nodes.Call):
            is_address = isinstance(call.node, nodes.Name) and call.node.name == "url_for" and call.args
            if is_address and isinstance(call.args[0], nodes.Const):
                seen += 1
                given = {each.key for each in call.kwargs}
                problem = unknown(app, call.args[0].value, given, open_ended=call.dyn_kwargs is not None)
                found += [f"{path.relative_to(ROOT)}:{call.lineno} {problem}"] if problem else []
    assert found == []
    assert seen > 60


def test_every_page_that_is_named_by_a_value_is_there(app: Flask) -> None:
    sensitive = [vars(view)["is_sensitive"] for view in app.view_functions.values() if "is_sensitive" in vars(view)]
    wanted = {*notices.PAGES.values(), *(each.back for each in sensitive if isinstance(each, access.Sensitive))}
    assert len(wanted) >= 4
    for endpoint in wanted:
        assert not leads_nowhere(app, portal_links.page(endpoint))


def test_a_page_that_is_not_there_has_no_address(app: Flask) -> None:
    with pytest.raises(BuildError):
        portal_links.page("add_credits.nothing")
    with pytest.raises(BuildError):
        portal_links.page("add_credits.payment")
    assert leads_nowhere(app, portal_links.origin() + "/billing/add-credits/pay_1")
    assert not leads_nowhere(app, portal_links.page("add_credits.payment", payment_id="pay_1"))
