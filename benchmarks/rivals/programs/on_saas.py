"""djaodjin-saas: a payment outside the processor, in double entry; balances are summed when asked for."""

import sys

import django
from django.conf import settings
from turns import serve

settings.configure(
    INSTALLED_APPS=[
        "django.contrib.contenttypes", "django.contrib.auth", "django.contrib.sites", "rest_framework", "saas",
    ],
    DATABASES={"default": {
        "ENGINE": "django.db.backends.postgresql", "HOST": "127.0.0.1", "PORT": sys.argv[1], "NAME": sys.argv[2],
        "USER": "postgres", "CONN_MAX_AGE": None,
    }},
    DEFAULT_AUTO_FIELD="django.db.models.AutoField", USE_TZ=True, SECRET_KEY="-",  # noqa: S106  # nobody signs in
    SAAS={"BROKER": {"GET_INSTANCE": "broker"}}, SAAS_ORGANIZATION_MODEL="saas.Organization",
    SAAS_ROLE_MODEL="saas.Role", SITE_ID=1,
)  # fmt: skip
django.setup()

from django.core.management import call_command  # noqa: E402  # only after the settings
from django.utils.timezone import now  # noqa: E402
from saas.models import Organization, Plan, Subscription, Transaction  # noqa: E402

call_command("migrate", verbosity=0)
Organization.objects.bulk_create([Organization(slug="processor", full_name="Processor", processor_id=1)])
broker = Organization.objects.create(slug="broker", full_name="Broker", is_active=True, is_provider=True)
customer = Organization.objects.create(slug="customer", full_name="Customer", is_active=True)
plan = Plan.objects.create(slug="plan", title="Plan", organization=broker, unit="usd", is_active=True)
subscribed = Subscription.objects.create(organization=customer, plan=plan, ends_at=now())


def post() -> None:
    """Write down a payment of one."""
    Transaction.objects.offline_payment(subscribed, 100, descr="Benchmark")


def read() -> int:
    """Return the customer's balance: what came in by payments."""
    return abs(int(Transaction.objects.get_balance(customer, account=Transaction.LIABILITY)["amount"]))


def history() -> int:
    """Return how many of the customer's last 25 rows there are."""
    rows = Transaction.objects.by_customer(customer).order_by("-created_at")[:25]
    return len([(row.descr, row.dest_amount, row.created_at) for row in rows])


serve({"post": post, "balance": read, "history": history})
