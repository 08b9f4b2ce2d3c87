#!/bin/sh
# mutmut 3.8.1: a function with a decorator is never changed, and nothing in the run says so.
#
# Surprising: mutmut leaves every decorated function alone, except for a lone @staticmethod or @classmethod: properties, cached
# functions, route handlers, commands, context managers. They are not counted as skipped, they are not in `mutmut results --all`,
# and no line of the run names them. Here two of three calculations have no test at all, and yet each mutant is killed.
# Whom it hurts: whoever reads "all mutants killed" as "the tests find a mistake in this file". The more decorators a code base
# has, the less the number says, and it says the same.
# What to do instead: keep the rule in a plain function and let the decorated one only call it (the second file shows it: mutants
# survive), or list the decorated functions of your code (`ast` does it in ten lines) and write by hand what mutmut leaves out.
#
# Run `sh findings/mutmut_decorated_functions.sh`: 0 if it is still so, 1 if it changed.
set -eu
folder=$(mktemp -d)
trap 'cd /; rm -rf "$folder"' EXIT
trap 'exit 130' INT TERM
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check mutmut==3.8.1 pytest==9.1.1
mkdir -p src/shop tests
printf '[mutmut]\nsource_paths=src/\n' >setup.cfg
: >src/shop/__init__.py
cat >src/shop/decorated.py <<'PYTHON'
from functools import cache


def gross(net, rate):
    return net + net * rate // 100


@cache
def fee(amount):
    return amount * 3 // 100 + 25


class Line:
    unit, count = 3, 4

    @property
    def total(self):
        return self.unit * self.count
PYTHON
cat >src/shop/plain.py <<'PYTHON'
from functools import cache


def _fee(amount):
    return amount * 3 // 100 + 25


@cache
def fee(amount):
    return _fee(amount)
PYTHON
cat >tests/test_shop.py <<'PYTHON'
from shop import decorated, plain


def test_gross():
    assert decorated.gross(999, 19) == 1188


def test_the_others_are_called_but_nobody_looks_at_the_answer():
    decorated.fee(1000), decorated.Line().total, plain.fee(1000)
PYTHON
venv/bin/mutmut run >run.txt 2>&1 || { cat run.txt; exit 2; }
venv/bin/mutmut results --all true >results.txt
echo "$(venv/bin/mutmut --version), $(python3 --version)"
echo "expected: survivors in fee() and total of decorated.py, or a word that they were left out. Seen:"
sed 's/^ */  /' results.txt
changed() { echo "CHANGED: $1"; exit 1; }
grep -q 'decorated.x_gross.*: killed' results.txt || changed "gross() is not as it was"
grep 'decorated' results.txt | grep -qv ': killed' && changed "decorated.py has survivors"
grep 'decorated' results.txt | grep -qE 'fee|total' && changed "decorated functions have mutants"
tr '\r' '\n' <run.txt | grep -iE 'decorat|skip|fee|total' && changed "the run names what it left out"
grep -q 'plain.x__fee.*: survived' results.txt || changed "the plain function has no survivors"
echo "still so"
