"""The app's routes, with something in place of each parameter."""

from flask import Flask
from werkzeug.routing import Rule

UNSAFE = {"POST", "PUT", "PATCH", "DELETE"}


def rules_of(app: Flask) -> list[Rule]:
    """Return every route but the files."""
    return [rule for rule in app.url_map.iter_rules() if rule.endpoint != "static"]


def path_of(app: Flask, rule: Rule) -> str:
    """Return a path that the route answers: with ids that no row has."""
    values = {name: _value(rule, name) for name in rule.arguments}
    with app.test_request_context():
        return app.url_for(rule.endpoint, **values)


def paths_of(app: Flask, method: str = "GET") -> list[str]:
    """Return a path of each route that takes the method."""
    return [path_of(app, rule) for rule in rules_of(app) if method in (rule.methods or set())]


def _value(rule: Rule, name: str) -> str | int:
    kind = type(rule._converters[name]).__name__
    return 1 if kind == "IntegerConverter" else "nothing"
