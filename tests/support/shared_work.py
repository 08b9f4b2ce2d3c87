"""Work that every app, or every process, of the tests would do again: statements, templates, addresses and tests compiled once."""

from collections import defaultdict
from contextlib import suppress
from copy import copy
from functools import lru_cache
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from jinja2.bccache import Bucket, BytecodeCache
from sqlalchemy import Engine, QueuePool, create_engine
from sqlalchemy.util import LRUCache
from werkzeug.routing import Map, Rule, RuleFactory
from werkzeug.routing.matcher import StateMachineMatcher

from app import making as portal
from app.config import Settings
from app.gateways.sandbox import store
from app.models.database import db
from app.services.catalog import versions

ROOM = 5_000
"""How many compiled statements are kept. An app keeps 500, which all tests together throw out again and again."""


class InMemory(BytecodeCache):
    """Compiled templates by their name and place; Jinja checks that the source is still the same."""

    def __init__(self) -> None:
        self._compiled: dict[str, bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        """Give a template's compiled form, if there is one."""
        if bucket.key in self._compiled:
            bucket.bytecode_from_string(self._compiled[bucket.key])

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keep a template's compiled form."""
        self._compiled[bucket.key] = bucket.bytecode_to_string()


_templates = InMemory()
_statements: dict[tuple[str, str], tuple[Any, Any]] = {}
_builders: dict[tuple[Any, ...], Any] = {}
_rules: dict[tuple[Any, ...], tuple[Any, ...]] = {}
_sandboxs_engines: list[Engine] = []
_pages: dict[tuple[object, ...], "Pages"] = {}
_compile_builder = Rule._compile_builder
_compile_rule = Rule.compile
_register = portal._register
OF_PAGES = (
    "before_request_funcs",
    "after_request_funcs",
    "teardown_request_funcs",
    "template_context_processors",
    "url_value_preprocessors",
    "url_default_functions",
    "error_handler_spec",
)
"""Where Flask keeps, by the name of a blueprint, what is done around the requests of its pages; by None, around all."""


class Addresses(Map):
    """The addresses of an app, which are another's until one is added."""

    def add(self, rulefactory: RuleFactory) -> None:
        """Add an address to this app alone."""
        if "own" not in self.__dict__:
            self.own = True
            self._rules_by_endpoint = {name: list(rules) for name, rules in self._rules_by_endpoint.items()}
            self._matcher = StateMachineMatcher(self.merge_slashes)
            for rule in self.iter_rules():
                self._matcher.add(rule)
        super().add(rulefactory)


class Pages:
    """What an app has of its blueprints once they are registered, for other apps with the same ones."""

    def __init__(self, made: Flask, before: dict[str, set[Any]], around_all: dict[str, list[Any]]) -> None:
        made.url_map.update()
        made.url_map.__class__ = Addresses  # what is added to the app from here on is its own as well
        self._url_map = copy(made.url_map)
        self._blueprints, self._commands = made.blueprints.copy(), made.cli.commands.copy()
        self._views = {name: view for name, view in made.view_functions.items() if name not in before["views"]}
        self._around = {
            place: {name: kept for name, kept in getattr(made, place).items() if name not in before[place]}
            for place in OF_PAGES
        }
        for place in OF_PAGES:
            self._around[place].pop(None, None)
        self._around_all = around_all

    def give(self, to: Flask) -> None:
        """Let the app have them."""
        own = to.url_map
        to.url_map = copy(self._url_map)
        to.url_map.__class__ = Addresses
        to.url_map.converters = own.converters
        to.blueprints.update(self._blueprints)
        to.cli.commands.update(self._commands)
        to.view_functions.update(self._views)
        for place, kept in self._around.items():
            for name, functions in kept.items():
                getattr(to, place)[name] = _copied(functions)
        for place, added in self._around_all.items():
            getattr(to, place)[None].extend(added)


def _copied(kept: Any) -> Any:
    """Return a copy of lists, and of dictionaries of them, as Flask keeps functions."""
    if isinstance(kept, dict):
        there: dict[Any, Any] = defaultdict(kept.default_factory) if isinstance(kept, defaultdict) else {}
        there.update({name: _copied(each) for name, each in kept.items()})
        return there
    return list(kept) if isinstance(kept, list) else kept


def share(app: Flask, *, only_known: bool = False) -> None:
    """Let the app use what other apps of this process have compiled; with `only_known`, of a kind of database that they used."""
    app.jinja_env.bytecode_cache = _templates
    with app.app_context():
        for engine in db.engines.values():
            if not only_known or ("portal", engine.dialect.name) in _statements:
                _share_statements(engine, "portal")


def _share_statements(engine: Engine, whose: str) -> None:
    """SQLAlchemy keeps compiled statements by engine and dialect; the dialect of a kind of database is always the same."""
    key = (whose, engine.dialect.name)
    if key not in _statements:
        engine.connect().close()  # the dialect learns the server's version
        _statements[key] = (engine.dialect, LRUCache(ROOM))
    engine.dialect, engine._compiled_cache = _statements[key]


def _sandbox_engine(url: str, **options: Any) -> Engine:
    """The sandbox makes itself an engine for each database, and so for each test, and a connection for each request.

    Here two connections stay open until the test ends.
    """
    engine = create_engine(url, **options | {"poolclass": QueuePool, "pool_size": 2, "max_overflow": -1})
    _share_statements(engine, "sandbox")
    _sandboxs_engines.append(engine)
    return engine


def _sandbox_engine_as_it_is(url: str, **options: Any) -> Engine:
    """Make the sandbox's engine with the connections that it asks for."""
    engine = create_engine(url, **options)
    _share_statements(engine, "sandbox")
    return engine


def leave_the_sandboxs_connections() -> None:
    """Close the sandbox's connections: its databases are about to be dropped."""
    for engine in _sandboxs_engines:
        engine.dispose()
    _sandboxs_engines.clear()
    store._engine.cache_clear()


def _kept_pages(made: Flask, settings: Settings) -> None:
    """Flask registers each blueprint of each app anew, address by address, which takes most of an app's start."""
    key = (settings.payments, settings.demo, settings.testing)
    if key in _pages:
        _pages[key].give(made)
        return
    before = {"views": set(made.view_functions), **{place: set(getattr(made, place)) for place in OF_PAGES}}
    around_all = {place: _copied(getattr(made, place).get(None)) for place in OF_PAGES}
    _register(made, settings)
    added = dict[str, list[Any]]()
    for place in OF_PAGES:
        was, now = around_all[place], getattr(made, place).get(None)
        if now == was:
            continue
        if not isinstance(now, list) or now[: len(was or [])] != (was or []):
            return
        added[place] = now[len(was or []) :]  # what a page gives to the templates of all
    _pages[key] = Pages(made, before, added)


def _kept_builder(rule: Rule, append_unknown: bool = True) -> Any:  # Werkzeug's own form
    """Werkzeug compiles two functions for each address of each app, which takes most of an app's start."""
    if rule.defaults:
        return _compile_builder(rule, append_unknown)
    key = (tuple(rule._trace), append_unknown)
    if key not in _builders:
        _builders[key] = _compile_builder(rule, append_unknown)
    return _builders[key]


def _compile(rule: Rule) -> None:
    """Werkzeug takes each address of each app apart again."""
    key = (type(rule), rule.rule, rule.merge_slashes, rule.subdomain, rule.host, rule.map.host_matching)
    if rule.defaults:
        _compile_rule(rule)
    elif key not in _rules:
        _compile_rule(rule)
        _rules[key] = (rule._parts, rule._trace, rule._converters, rule.arguments, *_built(rule))
    else:
        rule._parts, rule._trace, rule._converters, arguments, known, unknown = _rules[key]
        rule.arguments = set(arguments)
        rule._build, rule._build_unknown = known.__get__(rule), unknown.__get__(rule)


def _built(rule: Rule) -> tuple[Any, Any]:
    return rule._build.__func__, rule._build_unknown.__func__  # type: ignore[attr-defined]  # bound functions


def keep_builders() -> None:
    """Register the pages, compile the functions that build addresses, and read a catalog once for all apps of this process."""
    portal._register = _kept_pages
    versions.parse = lru_cache(100)(versions.parse)
    Rule._compile_builder = _kept_builder  # type: ignore[method-assign]
    Rule.compile = _compile  # type: ignore[method-assign]


def keep_the_sandboxs_statements(*, connections: bool = True) -> None:
    """Compile the sandbox's statements once for all databases of this process, and keep `connections` open, or none."""
    store.create_engine = _sandbox_engine if connections else _sandbox_engine_as_it_is  # type: ignore[assignment]


def import_tests(config: pytest.Config) -> None:
    """Import all tests, each process from another place on: what one has compiled is there for those who come to it later.

    Pytest rewrites each `assert`, which takes longer than all else until the first test runs. A file that cannot be
    imported fails when its tests are collected.
    """
    worker = getattr(config, "workerinput", None)
    if worker is None or config.args_source is not pytest.Config.ArgsSource.TESTPATHS:
        return
    files = sorted(file for place in config.args for file in Path(config.rootpath, place).rglob("test_*.py"))
    begin = len(files) * int(worker["workerid"].removeprefix("gw")) // worker["workercount"]
    for file in files[begin:] + files[:begin]:
        with suppress(Exception):
            import_module(".".join(file.relative_to(config.rootpath).with_suffix("").parts))
