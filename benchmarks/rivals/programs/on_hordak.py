"""django-hordak: a transaction with two legs, checked by triggers; balances are summed when they are asked for."""

import sys

import django
from django.conf import settings
from turns import serve

settings.configure(
    INSTALLED_APPS=["django.contrib.contenttypes", "django.contrib.auth", "djmoney", "mptt", "hordak"],
    DATABASES={"default": {
        "ENGINE": "django.db.backends.postgresql", "HOST": "127.0.0.1", "PORT": sys.argv[1], "NAME": sys.argv[2],
        "USER": "postgres", "CONN_MAX_AGE": None,
    }},
    DEFAULT_AUTO_FIELD="django.db.models.AutoField", USE_TZ=True, DEFAULT_CURRENCY="USD",
    HORDAK_INTERNAL_CURRENCY="USD", CURRENCIES=["USD"],
)  # fmt: skip
django.setup()

from django.core.management import call_command  # noqa: E402  # only after the settings
from hordak.models import Account, AccountType  # noqa: E402
from moneyed import Money  # noqa: E402

call_command("migrate", verbosity=0)
given = Account.objects.create(name="Granted", type=AccountType.income, currencies=["USD"], code="1")
balance = Account.objects.create(name="Credits", type=AccountType.asset, currencies=["USD"], code="2")
ONE = Money("1.00", "USD")


def post() -> None:
    """Move one to the customer's account."""
    given.transfer_to(balance, ONE, description="Benchmark")


def read() -> float:
    """Return the customer's balance."""
    return float(balance.get_balance()["USD"].amount)


def history() -> int:
    """Return how many of the last 25 legs there are, each with the balance after it."""
    legs = balance.legs.select_related("transaction").with_account_balance_after().order_by("-id")[:25]
    return len([(leg.transaction.description, leg.amount, leg.account_balance_after) for leg in legs])


serve({"post": post, "balance": read, "history": history})
