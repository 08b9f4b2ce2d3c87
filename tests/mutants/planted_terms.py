"""The bugs planted in terms as sold, and in how customers are moved to others."""

from tests.mutants.bug import Bug

SOLD = ("tests/services/catalog/test_as_sold.py",)
HOLDS = ("tests/services/authorizations/test_terms_as_sold.py",)
MOVES = ("tests/services/customers/test_plan_moves.py",)
UPGRADE = ("tests/architecture/test_upgrades_terms.py",)

BUGS = [
    Bug(
        "a move counts on credit that is over",
        "app/services/customers/plan_moves.py",
        "    grants.catch_up_where_due(books, now)",
        "    ...",
        ("tests/services/customers/test_moves_of_what_is_due.py",),
    ),
    Bug(
        "the newest version is everybody's",
        "app/services/catalog/versions.py",
        "return as_sold(own, last)",
        "return last",
        SOLD,
    ),
    Bug(
        "SQLite judges by the newest version",
        "app/services/authorizations/sqlite_funds.py",
        "    and v.version = c.catalog_version\n",
        "    and v.version = (select max(w.version) from catalog_versions w where w.catalog = c.catalog)\n",
        HOLDS,
    ),
    Bug(
        "another plan comes with the old version",
        "app/services/subscriptions/preview.py",
        "    catalog = has.catalog if stays else versions.offered(has.customer.catalog)\n",
        "    catalog = has.catalog if stays else has.catalog\n",
        (
            "tests/services/subscriptions/test_changes.py::test_another_plan_comes_with_the_newest_version_and_more_seats_with_the_own",
        ),
    ),
    Bug(
        "the default plan by its name is another sale",
        "app/services/customers/directory.py",
        "return (plan or own.plans.default) == Terms.of(own, customer.plan).plan.key",
        "return plan == customer.plan",
        SOLD,
    ),
    Bug(
        "a closed period is shown by the terms of today",
        "app/services/usage/meters.py",
        "catalog = versions.of(customer, version)",
        "catalog = versions.of(customer)",
        ("tests/api/test_usage.py",),
    ),
    Bug(
        "what was charged by earlier terms is worked out by the new price",
        "app/presenters/usage_sentences.py",
        "    if cost.micros != bar.tariff.cost(bar.used):  # the",
        "    if False:  # the",
        ("tests/pages/test_usage_terms.py",),
    ),
    Bug(
        "a meter that is sold no longer has cost nothing",
        "app/presenters/usage.py",
        "return self.bar.tariff.is_free and not self.cost.micros",
        "return self.bar.tariff.is_free",
        ("tests/pages/test_usage_terms.py",),
    ),
    Bug(
        "a plan that no version has moves nobody and says nothing",
        "app/services/customers/plan_moves.py",
        "if plan and not any(each.plans.plan(plan) for each in (newest, *sold.values())):",
        "if False:",
        ("tests/cli/test_catalogs.py",),
    ),
    Bug(
        "who was changed meanwhile is moved unseen",
        "app/services/customers/plan_moves.py",
        "if has != wanted.before or newest.version != wanted.after.catalog.version:",
        "if newest.version != wanted.after.catalog.version:",
        MOVES,
    ),
    Bug(
        "open holds keep what the old price reserved",
        "app/services/customers/plan_moves.py",
        "    reservations.write(session, customer.customer_id)\n",
        "",
        MOVES,
    ),
    Bug(
        "a move passes the limits by what is held",
        "app/services/customers/plan_moves.py",
        "    if max(0, after.micros - left) > max(0, before.micros - room):",
        "    if False:",
        MOVES,
    ),
    Bug(
        "a meter goes from under an open hold",
        "app/services/customers/plan_moves.py",
        "        if each.tariff is None:",
        "        if False:",
        MOVES,
    ),
    Bug(
        "one customer who cannot be moved stops the others",
        "app/services/customers/plan_moves.py",
        "        except Refused as refusal:\n            yield",
        "        except NotFound as refusal:\n            yield",
        MOVES,
    ),
    Bug(
        "a plan that was dropped stays dropped at the upgrade",
        "migrations/versions/0005_terms_as_sold.py",
        "max(with_plan, default=newest)",
        "newest",
        UPGRADE,
    ),
]
