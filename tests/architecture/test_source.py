"""Rules of the code that a reader would otherwise have to remember."""

import ast
import re
import subprocess
import sys
from pathlib import Path

from tests.architecture.source import APP, ROOT, calls_of, hidden_imports, modules, named, tree

LONGEST = 300
TESTS = ROOT / "tests"


def test_only_a_transaction_commits() -> None:
    others = [path for path in modules() if path != APP / "services" / "transaction.py"]
    assert calls_of(others, "commit", "begin_nested") == []
    assert calls_of([APP / "services" / "transaction.py"], "commit")


def test_only_the_clock_reads_the_clock() -> None:
    # A webhook's stamp is judged by the wall clock, as the processor's SDK does: also while `clock.at` stands.
    others = [path for path in modules() if path not in {APP / "clock.py", APP / "gateways" / "stripe" / "webhooks.py"}]
    readers = (
        "datetime.now",
        "datetime.utcnow",
        "datetime.today",
        "date.today",
        "datetime.datetime.now",
        "datetime.date.today",
        "time.time",
        "time.time_ns",
        "func.now",
        "func.current_timestamp",
    )
    assert [found for found in calls_of(others, *readers) if found.rpartition(" ")[2] in readers] == []
    assert calls_of([APP / "clock.py"], "datetime.now")


def test_money_never_meets_a_float() -> None:
    found = []
    for path in modules("domain", "services", "models"):
        for node in ast.walk(tree(path)):
            if (isinstance(node, ast.Constant) and isinstance(node.value, float)) or (
                isinstance(node, ast.Name) and node.id in {"float", "Float", "Numeric"}
            ):
                found.append(f"{named(path)}:{node.lineno}")
    assert found == []


def test_pages_write_no_sql() -> None:
    written = calls_of(modules("blueprints", "forms", "presenters", "web"), "text", "exec_driver_sql")
    assert [
        found for found in written if found.split()[1] in {"text", "sqlalchemy.text", "sa.text"} or "driver" in found
    ] == []


def test_files_stay_short() -> None:
    lengths = {named(path): len(path.read_text().splitlines()) for path in modules()}
    assert {name: length for name, length in lengths.items() if length > LONGEST} == {}
    assert len(lengths) > 40


def test_files_of_tests_stay_short_too() -> None:
    lengths = {str(path.relative_to(ROOT)): len(path.read_text().splitlines()) for path in TESTS.rglob("*.py")}
    assert {name: length for name, length in lengths.items() if length > LONGEST} == {}
    assert len(lengths) > 40


def test_there_are_no_drawers() -> None:
    banned = {"utils", "helpers", "common", "base", "manager", "misc", "util"}
    assert [named(path) for path in modules() if path.stem in banned or path.parent.name in banned] == []


def test_imports_go_one_way() -> None:
    done = subprocess.run(
        [str(Path(sys.executable).parent / "lint-imports"), "--no-cache"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-3000:]
    assert "0 broken" in done.stdout


def test_no_import_hides_in_a_function() -> None:
    # A circle is parted into two modules, not hidden. These keep out of a process what it does not need.
    kept_out = {
        "app/__init__.py": "who imports one room waits for no others; whoever serves makes the portal before the first request",
        "app/gateways/connect.py": "production runs where the sandbox cannot be imported",
        "app/services/processor/sandbox.py": "the same, for what only the sandbox does",
        "app/cli/setup.py": "what makes the demo, and with it the sandbox, is imported by `demo-data` alone",
        "app/demo/__main__.py": "`make demo` looks at its words, its port and its secret before it imports the app",
        "app/services/invoices/e_invoices.py": "what writes XML and PDF is imported by the worker that makes files, a tenth of a second",
    }
    assert {named(path) for path in modules() if hidden_imports(path)} == set(kept_out)


def test_only_fulfilment_gives_what_was_paid_for() -> None:
    for_a_payment = [
        f"{named(path)} {ast.unparse(node.func)}"
        for path in modules()
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Call)
        and ast.unparse(node.func) in {"grants.add", "add"}
        and any(each.arg == "payment_id" for each in node.keywords)
    ]
    assert for_a_payment == ["app/services/payments/fulfilment.py grants.add"]
    fulfilled = [found.partition(":")[0] for found in calls_of(modules(), "fulfilment.fulfil")]
    succeeded = [found.partition(":")[0] for found in calls_of(modules(), "outcomes.succeed")]
    assert fulfilled == ["app/services/payments/outcomes.py"]
    assert succeeded == ["app/services/payments/settlement.py"]
    for name in ("outcomes", "settlement"):  # how a payment ends does not know what was bought
        source = (APP / "services" / "payments" / f"{name}.py").read_text()
        assert not re.search(r"\b(grants|top_ups|credits_for|Credits|burn_down)\b", source), name


def test_no_way_in_goes_past_the_second_factor() -> None:
    """A first step of a sign-in ends in `half_signed_in.go_on`; who makes an account just now has no second factor."""
    begun = {found.partition(":")[0] for found in calls_of(modules(), "login.sign_in")}
    assert begun - {"app/blueprints/entry/invitation.py"} == {"app/web/second_step/half_signed_in.py"}


def test_nobody_raises_an_exception_that_a_module_keeps() -> None:
    # Its traceback grows each time, and holds the frames of every request that it refused.
    raised = [
        f"{named(path)}:{node.lineno} {name}"
        for path in modules()
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Raise) and node.exc is not None and not isinstance(node.exc, ast.Call)
        if (name := ast.unparse(node.exc).rpartition(".")[2]).isupper()
    ]
    assert raised == []


def test_nobody_hides_how_a_sentence_is_said() -> None:
    # A `_` that is bound in a function (`kind, _, rest = …`) is what `_("…")` calls there, and mypy does not say so.
    hidden = [
        f"{named(path)}:{function.name}"
        for path in modules()
        for function in ast.walk(tree(path))
        if isinstance(function, ast.FunctionDef)
        and any(isinstance(each, ast.Call) and ast.unparse(each.func) == "_" for each in ast.walk(function))
        and any(
            isinstance(each, ast.Name) and each.id == "_" and isinstance(each.ctx, ast.Store)
            for each in ast.walk(function)
        )
    ]
    assert hidden == []


def test_the_newest_change_is_the_version() -> None:
    newest = re.search(r"^## (\d+\.\d+\.\d+)", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    declared = re.search(r'^version = "(.+)"', (ROOT / "pyproject.toml").read_text(), re.MULTILINE)
    assert newest and declared
    assert newest[1] == declared[1]


def test_every_module_says_what_it_is() -> None:
    """It begins with what it is for, unless it is an empty `__init__.py`."""
    silent = [path for path in modules() if not ast.get_docstring(tree(path))]
    assert [named(path) for path in silent if path.name != "__init__.py" or path.read_text().strip()] == []


def test_only_one_module_reads_what_htmx_asks() -> None:
    """Pages answer htmx in their own words (`HX-Redirect` and its kind); what it asks is read in `web/respond.py`."""
    asked = re.compile(
        r"HX-(Request|Boosted|Current-URL|History-Restore|Target|Trigger|Source|Prompt)|\.htmx\b", re.IGNORECASE
    )
    reading = [
        f"{named(path)}:{number}"
        for path in modules()
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if path != APP / "web" / "respond.py" and asked.search(line) and 'vary.add("HX-Request")' not in line
    ]
    assert reading == []


def test_flask_login_is_known_to_the_web_alone() -> None:
    allowed = {APP / "extensions.py", *(APP / "web").glob("*.py"), *(APP / "blueprints").rglob("*.py")}
    knowing = [named(path) for path in modules() if path not in allowed and "flask_login" in path.read_text()]
    assert knowing == []
