"""The requests that the sandbox understands: line, name in fault plans, what each may carry, and who answers it."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from operator import attrgetter
from typing import Any

import stripe

from app.gateways.sandbox import (
    cash_balances,
    deliveries,
    hosted_pages,
    methods,
    payment_intents,
    reversals,
    setup_intents,
)
from app.gateways.sandbox.errors import existing
from app.gateways.sandbox.paging import page_of
from app.gateways.sandbox.parameters import Params
from app.gateways.sandbox.store import Body, Store


@dataclass(frozen=True)
class Call:
    """One request as its handler sees it."""

    params: Params
    base_url: str
    key: str
    twist: str


Handler = Callable[..., Body]
Route = tuple[str, str, str, str, Handler]

ROUTES: tuple[Route, ...] = (
    ("post", r"/v1/customers", "create_customer", "CustomerCreateParams",
     lambda s, c: methods.create_customer(s, c.params)),
    ("get", r"/v1/customers/(\w+)", "fetch_customer", "CustomerRetrieveParams",
     lambda s, _, i: methods.customer_as_it_is(s, i)),
    ("post", r"/v1/customers/(\w+)", "update_customer", "CustomerUpdateParams",
     lambda s, c, i: methods.update_customer(s, i, c.params)),
    ("get", r"/v1/customers/(\w+)/tax_ids", "list_tax_ids", "CustomerTaxIdListParams",
     lambda s, c, i: _tax_ids(s, i, c.params)),
    ("post", r"/v1/customers/(\w+)/tax_ids", "create_tax_id", "CustomerTaxIdCreateParams",
     lambda s, c, i: methods.create_tax_id(s, i, c.params)),
    ("delete", r"/v1/customers/(\w+)/tax_ids/(\w+)", "delete_tax_id", "CustomerTaxIdDeleteParams",
     lambda s, _, i, t: methods.delete_tax_id(s, i, t)),
    ("post", r"/v1/customers/(\w+)/funding_instructions", "create_funding_instructions",
     "CustomerFundingInstructionsCreateParams",
     lambda s, c, i: cash_balances.funding_instructions(s, i, c.params)),
    ("get", r"/v1/customers/(\w+)/cash_balance", "fetch_cash_balance", "CustomerCashBalanceRetrieveParams",
     lambda s, _, i: cash_balances.of_customer(s, i)),
    ("post", r"/v1/customers/(\w+)/cash_balance", "update_cash_balance", "CustomerCashBalanceUpdateParams",
     lambda s, c, i: cash_balances.update(s, i, c.params)),
    ("get", r"/v1/customers/(\w+)/cash_balance_transactions", "list_cash_movements",
     "CustomerCashBalanceTransactionListParams",
     lambda s, c, i: _cash_movements(s, i, c.params)),
    ("post", r"/v1/test_helpers/customers/(\w+)/fund_cash_balance", "fund_cash_balance",
     "test_helpers.CustomerFundCashBalanceParams",
     lambda s, c, i: cash_balances.fund(s, i, c.params)),
    ("post", r"/v1/payment_methods/(\w+)/attach", "attach_method", "PaymentMethodAttachParams",
     lambda s, c, i: methods.attach(s, i, c.params)),
    ("post", r"/v1/payment_methods/(\w+)/detach", "detach_method", "PaymentMethodDetachParams",
     lambda s, _, i: methods.detach(s, i)),
    ("get", r"/v1/payment_methods/(\w+)", "fetch_method", "PaymentMethodRetrieveParams",
     lambda s, _, i: methods.method_of(s, i, "id")),
    ("get", r"/v1/payment_methods", "list_methods", "PaymentMethodListParams",
     lambda s, c: _methods(s, c.params)),
    ("get", r"/v1/mandates/(\w+)", "fetch_mandate", "MandateRetrieveParams",
     lambda s, _, i: setup_intents.mandate_of(s, i)),
    ("post", r"/v1/payment_intents", "create_intent", "PaymentIntentCreateParams",
     lambda s, c: payment_intents.create(s, c.params)),
    ("get", r"/v1/payment_intents", "list_intents", "PaymentIntentListParams",
     lambda s, c: _intents(s, c.params)),
    ("get", r"/v1/payment_intents/(\w+)", "fetch_intent", "PaymentIntentRetrieveParams",
     lambda s, _, i: payment_intents.found(s, i)),
    ("post", r"/v1/payment_intents/(\w+)/confirm", "confirm_intent", "PaymentIntentConfirmParams",
     lambda s, c, i: payment_intents.confirm(s, i, c.params, base_url=c.base_url, key=c.key, twist=c.twist)),
    ("post", r"/v1/payment_intents/(\w+)/apply_customer_balance", "apply_customer_balance",
     "PaymentIntentApplyCustomerBalanceParams",
     lambda s, c, i: payment_intents.apply_customer_balance(s, i, c.params, key=c.key)),
    ("post", r"/v1/payment_intents/(\w+)/cancel", "cancel_intent", "PaymentIntentCancelParams",
     lambda s, c, i: payment_intents.cancel(s, i, c.params, key=c.key)),
    ("post", r"/v1/setup_intents", "create_setup", "SetupIntentCreateParams",
     lambda s, c: setup_intents.create(s, c.params)),
    ("get", r"/v1/setup_intents/(\w+)", "fetch_setup", "SetupIntentRetrieveParams",
     lambda s, _, i: setup_intents.found(s, i)),
    ("post", r"/v1/setup_intents/(\w+)/confirm", "confirm_setup", "SetupIntentConfirmParams",
     lambda s, c, i: setup_intents.confirm(s, i, c.params, base_url=c.base_url, key=c.key)),
    ("post", r"/v1/setup_intents/(\w+)/cancel", "cancel_setup", "SetupIntentCancelParams",
     lambda s, c, i: setup_intents.cancel(s, i, c.params, key=c.key)),
    ("post", r"/v1/checkout/sessions", "create_checkout", "checkout.SessionCreateParams",
     lambda s, c: hosted_pages.create(s, c.params, base_url=c.base_url)),
    ("get", r"/v1/checkout/sessions/(\w+)", "fetch_checkout", "checkout.SessionRetrieveParams",
     lambda s, _, i: hosted_pages.found(s, i)),
    ("post", r"/v1/checkout/sessions/(\w+)/expire", "expire_checkout", "checkout.SessionExpireParams",
     lambda s, _, i: hosted_pages.expire(s, i)),
    ("post", r"/v1/refunds", "create_refund", "RefundCreateParams",
     lambda s, c: _refund(s, c.params, c.key)),
    ("get", r"/v1/refunds", "list_refunds", "RefundListParams",
     lambda s, c: page_of(s, "refund", c.params, "/v1/refunds")),
    ("get", r"/v1/refunds/(\w+)", "fetch_refund", "RefundRetrieveParams",
     lambda s, _, i: reversals.refund_of(s, i)),
    ("get", r"/v1/disputes", "list_disputes", "DisputeListParams",
     lambda s, c: page_of(s, "dispute", c.params, "/v1/disputes")),
    ("get", r"/v1/disputes/(\w+)", "fetch_dispute", "DisputeRetrieveParams",
     lambda s, _, i: reversals.dispute_of(s, i)),
    ("post", r"/v1/billing_portal/sessions", "create_portal_session", "billing_portal.SessionCreateParams",
     lambda s, c: hosted_pages.create_portal(s, c.params, base_url=c.base_url)),
    ("get", r"/v1/webhook_endpoints", "list_webhook_endpoints", "WebhookEndpointListParams",
     lambda s, c: deliveries.endpoints(s, c.params, base_url=c.base_url)),
    ("get", r"/v1/events", "list_events", "EventListParams",
     lambda s, c: page_of(s, "event", c.params, "/v1/events")),
    ("get", r"/v1/events/(\w+)", "fetch_event", "EventRetrieveParams",
     lambda s, _, i: _event(s, i)),
)  # fmt: skip


def routed(method: str, path: str) -> tuple[str, Any, Handler | None, tuple[str, ...]]:
    """Return the call's name, what it may carry, its handler and the ids in its path; nothing for an unknown line."""
    for verb, pattern, name, spec, handler in ROUTES:
        match = re.fullmatch(pattern, path)
        if verb == method and match:
            return name, attrgetter(spec)(stripe.params), handler, match.groups()
    return "", None, None, ()


def _intents(store: Store, params: Params) -> Body:
    if params.get("customer"):
        methods.customer_as_it_is(store, params["customer"], "customer")  # a deleted one's are listed on
    return page_of(store, "payment_intent", params, "/v1/payment_intents")


def _methods(store: Store, params: Params) -> Body:
    if params.get("customer"):
        methods.customer_of(store, params["customer"], "customer")
    return page_of(store, "payment_method", params, "/v1/payment_methods")


def _tax_ids(store: Store, customer_id: str, params: Params) -> Body:
    methods.customer_of(store, customer_id, "id")
    return page_of(store, "tax_id", params | {"customer": customer_id}, f"/v1/customers/{customer_id}/tax_ids")


def _cash_movements(store: Store, customer_id: str, params: Params) -> Body:
    methods.customer_of(store, customer_id, "id")
    url = f"/v1/customers/{customer_id}/cash_balance_transactions"
    return page_of(store, cash_balances.MOVEMENT, params | {"customer": customer_id}, url)


def _refund(store: Store, params: Params, key: str) -> Body:
    if params.get("origin") == "customer_balance":
        return cash_balances.send_back(store, params, key=key)
    return reversals.refund(store, params, key=key)


def _event(store: Store, event_id: str) -> Body:
    return existing(store, "event", event_id, "id")
