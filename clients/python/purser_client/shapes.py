"""The shapes of the Billing API. Written by clients/generate.py: do not edit."""

from typing import Any, Literal, NotRequired, TypeAlias, TypedDict

AddressIn = TypedDict(
    "AddressIn",
    {
        "as_typed": NotRequired[bool],
        "buyer_reference": NotRequired[str],
        "city": NotRequired[str],
        "company": str,
        "country": str,
        "line1": str,
        "line2": NotRequired[str],
        "po_number": NotRequired[str],
        "postal_code": NotRequired[str],
        "region": NotRequired[str],
        "version": int,
    },
)
"The address that takes the place of the one of its version."

AddressOut = TypedDict(
    "AddressOut",
    {
        "buyer_reference": NotRequired[str],
        "city": NotRequired[str],
        "company": str,
        "country": str,
        "line1": str,
        "line2": NotRequired[str],
        "lines": list[str],
        "po_number": NotRequired[str],
        "po_required": bool,
        "postal_code": NotRequired[str],
        "region": NotRequired[str],
        "version": int,
    },
)
"The address that the next invoices are made out to."

AlertIn = TypedDict("AlertIn", {"is_percent": NotRequired[bool], "meter": str, "threshold": int})
"An alert: a quantity of a meter in a billing period, or a percentage of what the plan has of it."

AlertOut = TypedDict("AlertOut", {"id": str, "is_percent": NotRequired[bool], "meter": str, "threshold": int})
"An alert of the customer."

AskIn = TypedDict("AskIn", {"email": str})
"An address that has not confirmed yet."

AttemptOut = TypedDict(
    "AttemptOut", {"at": str, "duration_ms": int, "number": int, "problem": str, "status": int | None, "url": str}
)
"One try."

AuthorizationIn = TypedDict(
    "AuthorizationIn",
    {
        "capture": NotRequired[bool],
        "credits": NotRequired[str | None],
        "customer": str,
        "meter": NotRequired[str | None],
        "quantity": NotRequired[int | None],
        "ttl_seconds": NotRequired[int],
    },
)
"What is asked for: a quantity of a meter, or credits."

AuthorizationOut = TypedDict(
    "AuthorizationOut",
    {
        "allowed": bool,
        "authorization": str,
        "available_to_use": str,
        "credits": str,
        "expires_at": str,
        "reason": str | None,
        "retry_after": int | None,
        "state": str,
    },
)
"The answer, always with status 200 when it could be judged: `allowed` is what counts."

AutoRecharge = TypedDict(
    "AutoRecharge",
    {
        "amount": "MoneyOut | None",
        "enabled": bool,
        "other_methods": NotRequired[bool],
        "pack": str | None,
        "payment_method": str | None,
        "period_limit": "MoneyOut",
        "threshold": str,
        "version": int,
    },
)
"The whole set. Either `amount` or `pack` is `null`; a `payment_method` of `null` is the default one."

BalanceOut = TypedDict(
    "BalanceOut",
    {
        "as_of": str,
        "available_to_use": str,
        "blocked_by": "BlockedBy | None",
        "credit_unit": str,
        "customer": str,
        "daily_left": str | None,
        "daily_limit": str | None,
        "daily_used": str,
        "forecast": "ForecastOut",
        "held": str,
        "overage_left": str,
        "overage_protection": str,
        "pay_later": "PayLaterOut | None",
        "remaining_credits": str,
        "standing": str,
        "total_credits": str,
        "unpaid_overage": str,
        "usage_this_period": str,
    },
)
"What a customer has and may use at one time. `null`: there is no limit."

BatchIn = TypedDict("BatchIn", {"events": "list[EventIn]"})
"Up to 1,000 events, of any customers."

BlockedBy = TypedDict("BlockedBy", {"lifted_by": str, "meters": list[str], "reason": str, "until": str | None})
"Why calls are refused now, and what lets them through again."

CaptureIn = TypedDict(
    "CaptureIn", {"credits": NotRequired[str | None], "keep": NotRequired[bool], "quantity": NotRequired[int | None]}
)
"What was really used: a quantity for a meter, credits without one; neither: all that is left of the hold."

CapturedOut = TypedDict(
    "CapturedOut",
    {
        "authorization": str,
        "available_to_use": str,
        "captured": str,
        "captured_quantity": int | None,
        "created_at": str,
        "credits": str,
        "credits_used": str,
        "customer": str,
        "decision": NotRequired["DecisionOut | None"],
        "expires_at": str,
        "meter": str | None,
        "quantity": int | None,
        "reason": str | None,
        "state": str,
    },
)
"What a capture took, and how the authorization stands after it."

CertificateIn = TypedDict(
    "CertificateIn", {"expires_on": NotRequired[str | None], "file": str, "territories": list[str], "value": str}
)
"A certificate of exemption, with its file."

ChangeFields = TypedDict(
    "ChangeFields",
    {
        "interval": NotRequired[Literal["monthly", "annual"] | None],
        "plan": NotRequired[str | None],
        "seats": NotRequired[int | None],
    },
)
"What is to be had. null: as it is, as far as the plan is sold that way."

ChangeIn = TypedDict(
    "ChangeIn",
    {
        "interval": NotRequired[Literal["monthly", "annual"] | None],
        "payment_method": NotRequired[str | None],
        "plan": NotRequired[str | None],
        "preview": str,
        "seats": NotRequired[int | None],
    },
)
"The same as was previewed, with the mark of that preview."

ChangeLineOut = TypedDict("ChangeLineOut", {"description": str, "net_minor": int})
"A line of its invoice, before tax."

ChangeOut = TypedDict(
    "ChangeOut",
    {
        "action_url": str | None,
        "catalog_version": int,
        "credit_note": str | None,
        "currency": str,
        "effective_at": str,
        "grant": str | None,
        "id": str,
        "interval": Literal["monthly", "annual"],
        "invoice": str | None,
        "payment": str | None,
        "plan": str,
        "problem": str,
        "seats": int,
        "state": Literal["waiting", "applied", "failed", "expired", "superseded", "scheduled", "undone", "replaced"],
        "total_minor": int,
    },
)
"An order as it stands."

ChangePreview = TypedDict(
    "ChangePreview",
    {
        "catalog_version": int,
        "charged_minor": int,
        "currency": str,
        "effective_at": str,
        "given_minor": int,
        "interval": Literal["monthly", "annual"],
        "is_now": bool,
        "lines": "list[ChangeLineOut]",
        "net_minor": int,
        "period_ends_at": str,
        "plan": str,
        "preview": str,
        "renewal_price_minor": int,
        "seats": int,
        "tax_category": Literal["S", "AE", "E", "O", "Z"],
        "tax_minor": int,
        "tax_reason": str,
        "total_minor": int,
    },
)
"What the change is, from when, and what it costs. Amounts are whole minor units of the currency."

ChangedInvoiceOut = TypedDict(
    "ChangedInvoiceOut",
    {
        "currency": str,
        "id": str,
        "net_minor": int,
        "number": str,
        "state": str,
        "tax_minor": int,
        "total_minor": int,
        "type": Literal["invoice", "credit_note"],
    },
)
"An invoice or credit note after the change."

ChannelIn = TypedDict("ChannelIn", {"form": Literal["slack", "teams"], "url": str, "version": int})
"Where messages are to go."

ChannelOut = TypedDict(
    "ChannelOut",
    {
        "disabled_reason": str,
        "form": Literal["slack", "teams"] | None,
        "hint": str,
        "state": Literal["none", "active", "paused", "disabled"],
        "version": int,
    },
)
"The channel. Its address is never shown again, only its host and its end."

CloudBatchIn: TypeAlias = "list[CloudEventIn]"

CloudEventIn = TypedDict(
    "CloudEventIn",
    {
        "data": NotRequired["dict[str, JsonValue]"],
        "datacontenttype": NotRequired[str],
        "id": str,
        "source": str,
        "specversion": Literal["1.0"],
        "subject": str,
        "time": str,
        "type": str,
    },
)
"A CloudEvent, of version 1.0. Attributes that are not named here are taken and left alone."

CodeIn = TypedDict("CodeIn", {"code": str})
"A code as it was typed: capitals, spaces and hyphens do not count."

CorrectionFields = TypedDict(
    "CorrectionFields",
    {
        "as_typed": NotRequired[bool],
        "city": NotRequired[str],
        "company": str,
        "country": str,
        "line1": str,
        "line2": NotRequired[str],
        "po_number": NotRequired[str],
        "postal_code": NotRequired[str],
        "region": NotRequired[str],
        "tax_registration": NotRequired[str],
    },
)
"What the invoice ought to have said. Which fields are required follows the country."

CorrectionIn = TypedDict(
    "CorrectionIn",
    {
        "as_typed": NotRequired[bool],
        "city": NotRequired[str],
        "company": str,
        "country": str,
        "line1": str,
        "line2": NotRequired[str],
        "po_number": NotRequired[str],
        "postal_code": NotRequired[str],
        "preview": str,
        "region": NotRequired[str],
        "tax_registration": NotRequired[str],
    },
)
"The same as was previewed, with the mark of that preview."

CorrectionOut = TypedDict(
    "CorrectionOut",
    {"credit_note": str, "difference_minor": int, "id": str, "invoice": str, "refund": str | None, "replacement": str},
)
"The documents of a correction. `invoice` - `credit_note` + `replacement` is the right invoice."

CorrectionPreview = TypedDict(
    "CorrectionPreview",
    {
        "currency": str,
        "difference_minor": int,
        "due_minor": int,
        "new_tax_minor": int,
        "new_total_minor": int,
        "preview": str,
        "sold_on": str,
        "taken_over_minor": int,
        "tax_category": Literal["S", "AE", "E", "O", "Z"],
        "tax_minor": int,
        "tax_reason": str,
        "total_minor": int,
    },
)
"What the correction comes to. Amounts are whole minor units of the currency."

CreditNoteIn = TypedDict("CreditNoteIn", {"amount_minor": NotRequired[int | None], "reason": str})
"How much is taken off what is to be paid, and why."

CreditsOut = TypedDict(
    "CreditsOut",
    {
        "applied": str,
        "bought": str,
        "closing": str,
        "credit_unit": str,
        "given": str,
        "invoiced": str,
        "opening": str,
        "other": str,
        "used": str,
    },
)
"The credit account of the same days, as the ledger has it."

CustomerChange = TypedDict(
    "CustomerChange",
    {
        "email": NotRequired[str],
        "external_id": NotRequired[str],
        "language": NotRequired[str],
        "name": NotRequired[str],
        "plan": NotRequired[str | None],
        "po_required": NotRequired[bool],
    },
)
"What to change; what is left out stays."

CustomerIn = TypedDict(
    "CustomerIn",
    {
        "catalog": NotRequired[str | None],
        "currency": NotRequired[str | None],
        "email": str,
        "external_id": NotRequired[str | None],
        "name": str,
        "plan": NotRequired[str | None],
        "referral_code": NotRequired[str | None],
    },
)
"A new customer."

CustomerOut = TypedDict(
    "CustomerOut",
    {
        "catalog": str,
        "catalog_version": int,
        "created_at": str,
        "credit_unit": str,
        "currency": str,
        "email": str,
        "external_id": str | None,
        "id": str,
        "language": str,
        "name": str,
        "plan": str | None,
        "po_required": bool,
        "standing": str,
    },
)
"A customer."

DayOut = TypedDict("DayOut", {"credits": str, "date": str, "events": int, "quantity": int})
"A UTC day. `quantity` is the day's sum; of a `max` meter the highest, of a `last` meter the last value."

DecisionOut = TypedDict(
    "DecisionOut",
    {
        "available_to_use": str,
        "balance": str,
        "catalog": str,
        "catalog_version": int,
        "daily_limit": str | None,
        "daily_used": str | None,
        "held": str,
        "overage_protection": str,
        "plan": str | None,
        "plan_limit": int | None,
        "quantity_held": int | None,
        "used": int | None,
    },
)
"What a refusal was decided from, as it was at that time. It never changes."

DeliveryOut = TypedDict(
    "DeliveryOut",
    {
        "created_at": str,
        "customer": str,
        "done_at": str | None,
        "endpoint": str,
        "event": str,
        "id": str,
        "last_status": int | None,
        "next_try_at": str | None,
        "problem": str,
        "state": Literal["pending", "delivered", "dead", "dropped"],
        "to": Literal["seller", "customer"],
        "tries": int,
        "type": str,
    },
)
"A delivery as it stands now."

DeliveryQueued = TypedDict("DeliveryQueued", {"delivery": str})
"A message that is on its way."

DeliveryWithAttempts = TypedDict(
    "DeliveryWithAttempts",
    {
        "attempts": "list[AttemptOut]",
        "body": str,
        "created_at": str,
        "customer": str,
        "done_at": str | None,
        "endpoint": str,
        "event": str,
        "id": str,
        "last_status": int | None,
        "next_try_at": str | None,
        "problem": str,
        "state": Literal["pending", "delivered", "dead", "dropped"],
        "to": Literal["seller", "customer"],
        "tries": int,
        "type": str,
    },
)
"A delivery with its body and its tries."

DetailOut = TypedDict("DetailOut", {"label": str, "value": str})
"One detail of a bank account."

EndpointCreated = TypedDict(
    "EndpointCreated",
    {
        "created_at": str,
        "disabled_reason": str,
        "event_types": list[str],
        "id": str,
        "old_secret_until": str | None,
        "secret": str,
        "state": Literal["active", "disabled"],
        "url": str,
    },
)
"A new endpoint and the secret that signs what is sent there."

EndpointIn = TypedDict("EndpointIn", {"event_types": NotRequired[list[str]], "url": str})
"An address to add."

EndpointOut = TypedDict(
    "EndpointOut",
    {
        "created_at": str,
        "disabled_reason": str,
        "event_types": list[str],
        "id": str,
        "old_secret_until": str | None,
        "state": Literal["active", "disabled"],
        "url": str,
    },
)
"An endpoint as it stands now."

EntryOut = TypedDict(
    "EntryOut",
    {
        "amount_minor": int,
        "at": str,
        "balance_minor": int,
        "invoice": str | None,
        "number": str | None,
        "payment": str | None,
        "type": Literal[
            "invoice",
            "credit_note",
            "receipt",
            "refund_receipt",
            "voided",
            "credits_applied",
            "credits_returned",
            "sale",
            "sale_returned",
            "payment",
            "paid_back",
        ],
    },
)
"A document, the credit that paid one, or money that moved."

EventIn = TypedDict(
    "EventIn",
    {
        "customer": str,
        "id": str,
        "meter": str,
        "properties": NotRequired["dict[str, JsonValue]"],
        "quantity": NotRequired[int],
        "subject": NotRequired[str],
        "time": NotRequired[str | None],
    },
)
"Something that was used, in the shape of a CloudEvent."

EventOut = TypedDict(
    "EventOut",
    {
        "authorization": str | None,
        "credits": str,
        "date": str,
        "id": str,
        "meter": str,
        "occurred_at": str,
        "quantity": int,
        "received_at": str,
        "subject": str,
    },
)
"An event as it was accepted."

FieldProblem = TypedDict("FieldProblem", {"detail": str, "field": str, "reason": str})
"What is wrong with one field."

ForecastOut = TypedDict(
    "ForecastOut",
    {
        "auto_recharge": "ForecastRecharge | None",
        "earliest": str | None,
        "latest": str | None,
        "pace_days": int,
        "pace_per_day": str,
        "reason": str | None,
        "runs_out_on": str | None,
    },
)
"Until when the credit lasts at the pace of the last whole days (UTC); below zero, what `overage_left` says."

ForecastRecharge = TypedDict(
    "ForecastRecharge",
    {"counted": bool, "limit_reached_on": str | None, "reason": str | None, "without": "WithoutAutoRecharge"},
)
"What auto-recharge does to the forecast. It is switched on."

GrantIn = TypedDict(
    "GrantIn",
    {
        "credits": str,
        "expires_at": NotRequired[str | None],
        "kind": NotRequired[Literal["promotional", "trial", "refund"]],
        "priority": NotRequired[int],
        "reason": str,
    },
)
"Credit to be given."

GrantOut = TypedDict(
    "GrantOut",
    {
        "created_at": str,
        "credits": str,
        "customer": str,
        "effective_at": str,
        "expires_at": str | None,
        "id": str,
        "kind": str,
        "priority": int,
        "reason": str,
    },
)
"A grant as it stands now."

HoldOut = TypedDict(
    "HoldOut",
    {
        "authorization": str,
        "captured": str,
        "captured_quantity": int | None,
        "created_at": str,
        "credits": str,
        "customer": str,
        "decision": NotRequired["DecisionOut | None"],
        "expires_at": str,
        "meter": str | None,
        "quantity": int | None,
        "reason": str | None,
        "state": str,
    },
)
"An authorization as it stands now."

InvitedOut = TypedDict("InvitedOut", {"earned": str, "ends_at": str, "id": str, "joined_at": str, "label": str})
"A customer who came by the code. The inviter learns no more of it."

InvoiceDetails = TypedDict(
    "InvoiceDetails",
    {
        "city": str,
        "company": str,
        "country": str,
        "credit_paid_minor": int,
        "credits_applied_minor": int,
        "currency": str,
        "customer_name": str,
        "due_on": str | None,
        "id": str,
        "is_corrected": bool,
        "is_processing": bool,
        "issued_at": str,
        "line1": str,
        "line2": str,
        "lines": "list[LineOut]",
        "net_minor": int,
        "number": str,
        "paid_at": str | None,
        "paid_by": "list[PaidByOut]",
        "paid_minor": int,
        "paid_with": str,
        "payable_minor": int,
        "payment": str | None,
        "po_number": str,
        "postal_code": str,
        "receipts": "list[ReceiptOut]",
        "region": str,
        "replaced_by": str | None,
        "replaces": str | None,
        "returned_minor": int,
        "returns": str | None,
        "rounding_minor": int,
        "seller_address": list[str],
        "seller_country": str,
        "seller_email": str,
        "seller_name": str,
        "seller_tax_id": str,
        "state": Literal["open", "paid", "void", "uncollectible", "issued"],
        "tax_minor": int,
        "taxes": "list[TaxOut]",
        "total_minor": int,
        "type": Literal["invoice", "credit_note", "receipt", "refund_receipt"],
    },
)
"A document with its lines and taxes, and both parties as they were on its day."

InvoiceOut = TypedDict(
    "InvoiceOut",
    {
        "credit_paid_minor": int,
        "credits_applied_minor": int,
        "currency": str,
        "id": str,
        "is_corrected": bool,
        "is_processing": bool,
        "issued_at": str,
        "net_minor": int,
        "number": str,
        "paid_at": str | None,
        "paid_minor": int,
        "paid_with": str,
        "payable_minor": int,
        "payment": str | None,
        "returned_minor": int,
        "returns": str | None,
        "rounding_minor": int,
        "state": Literal["open", "paid", "void", "uncollectible", "issued"],
        "tax_minor": int,
        "total_minor": int,
        "type": Literal["invoice", "credit_note", "receipt", "refund_receipt"],
    },
)
"A document that has a number. Amounts are whole minor units of the currency, and never below zero.\n\nWhat a credit note or refund receipt comes to went back: subtract it in a sum. The CSV file has it below zero."

JsonValue: TypeAlias = "Any"

LineOut = TypedDict(
    "LineOut",
    {
        "description": str,
        "meter": str | None,
        "net_minor": int,
        "quantity": int,
        "tax_category": str,
        "tax_percent": str,
        "type": str,
        "unit_price": str | None,
    },
)
"One thing sold, before tax."

MandateOut = TypedDict("MandateOut", {"accepted_at": str, "account": str, "id": str})
"A mandate that was accepted for a bank account, which may be removed by now."

Mandates = TypedDict("Mandates", {"data": "list[MandateOut]"})
"The newest mandates of a customer."

MemberIn = TypedDict("MemberIn", {"email": str, "name": str, "role": Literal["owner", "billing_manager", "viewer"]})
"Somebody who is to use the customer's pages."

MemberOut = TypedDict(
    "MemberOut",
    {
        "company": str,
        "created_at": str,
        "disabled": bool,
        "email": str,
        "id": str,
        "language": str | None,
        "location": str,
        "name": str,
        "newsletter": bool,
        "role": Literal["owner", "billing_manager", "viewer"],
        "time_zone": str | None,
        "username": str | None,
    },
)
"Somebody who signs in for the customer."

MeterOut = TypedDict(
    "MeterOut",
    {
        "catalog": str,
        "catalog_version": int,
        "credits": str | None,
        "description": str,
        "key": str,
        "kind": str,
        "per": int,
        "tiers": "list[TierOut]",
        "title": str,
        "unit": str,
    },
)
"A meter: what it counts and what a unit beyond the allowance costs."

MeterUseOut = TypedDict(
    "MeterUseOut",
    {
        "credits": str,
        "days": "list[DayOut]",
        "held": int,
        "included": int,
        "kind": str,
        "limit": int | None,
        "meter": str,
        "overage": int,
        "title": str,
        "unit": str,
        "used": int,
    },
)
"What a meter shows for the period."

MethodOut = TypedDict(
    "MethodOut",
    {
        "brand": str,
        "created_at": str,
        "exp_month": int | None,
        "exp_year": int | None,
        "id": str,
        "is_default": bool,
        "kind": Literal["card", "sepa_debit", "paypal"],
        "last4": str,
        "name": str,
    },
)
"A saved payment method: only what may be shown of it."

Methods = TypedDict("Methods", {"add_url": str, "data": "list[MethodOut]"})
"The saved methods of a customer."

MoneyOut = TypedDict("MoneyOut", {"amount_minor": int, "currency": str})
"An amount of money in whole minor units: 500 EUR are 5.00 €."

MovementOut = TypedDict(
    "MovementOut",
    {"amount_minor": int, "created_at": str, "currency": str, "id": str, "reference": str, "sender": str, "type": str},
)
"One movement of the customer's money at the payment processor."

NoBody = TypedDict("NoBody", {})
"Nothing has to be said."

NotificationsIn = TypedDict(
    "NotificationsIn", {"billing_email": str, "recipients": "list[RecipientFields]", "version": int}
)
"The set that takes the place of the one of its version."

NotificationsOut = TypedDict(
    "NotificationsOut",
    {
        "billing_email": str,
        "pending_email": str | None,
        "pending_since": str | None,
        "recipients": "list[InvoiceNotificationsRecipientOut]",
        "version": int,
    },
)
"Where everything goes."

OfferOut = TypedDict("OfferOut", {"code": str, "credit_unit": str, "credits": str, "expires_at": str | None})
"What the code gives."

OriginIn = TypedDict("OriginIn", {"origin": str})
"An origin."

OriginOut = TypedDict("OriginOut", {"created_at": str, "origin": str})
"An origin whose pages may frame the portal."

PackOut = TypedDict(
    "PackOut",
    {
        "catalog": str,
        "credits": str,
        "expires_after_days": int | None,
        "key": str,
        "price": "MoneyOut | None",
        "title": str,
    },
)
"A fixed amount of credit at a fixed price."

Page_CustomerOut = TypedDict("Page_CustomerOut", {"data": "list[CustomerOut]", "next_cursor": NotRequired[str | None]})
"Page_CustomerOut_"

Page_DeliveryOut = TypedDict("Page_DeliveryOut", {"data": "list[DeliveryOut]", "next_cursor": NotRequired[str | None]})
"Page_DeliveryOut_"

Page_EndpointOut = TypedDict("Page_EndpointOut", {"data": "list[EndpointOut]", "next_cursor": NotRequired[str | None]})
"Page_EndpointOut_"

Page_EventOut = TypedDict("Page_EventOut", {"data": "list[EventOut]", "next_cursor": NotRequired[str | None]})
"Page_EventOut_"

Page_InvoiceOut = TypedDict("Page_InvoiceOut", {"data": "list[InvoiceOut]", "next_cursor": NotRequired[str | None]})
"Page_InvoiceOut_"

Page_MemberOut = TypedDict("Page_MemberOut", {"data": "list[MemberOut]", "next_cursor": NotRequired[str | None]})
"Page_MemberOut_"

Page_MeterOut = TypedDict("Page_MeterOut", {"data": "list[MeterOut]", "next_cursor": NotRequired[str | None]})
"Page_MeterOut_"

Page_OriginOut = TypedDict("Page_OriginOut", {"data": "list[OriginOut]", "next_cursor": NotRequired[str | None]})
"Page_OriginOut_"

Page_PackOut = TypedDict("Page_PackOut", {"data": "list[PackOut]", "next_cursor": NotRequired[str | None]})
"Page_PackOut_"

Page_PaymentOut = TypedDict("Page_PaymentOut", {"data": "list[PaymentOut]", "next_cursor": NotRequired[str | None]})
"Page_PaymentOut_"

Page_PlanOut = TypedDict("Page_PlanOut", {"data": "list[PlanOut]", "next_cursor": NotRequired[str | None]})
"Page_PlanOut_"

Page_SshKeyOut = TypedDict("Page_SshKeyOut", {"data": "list[SshKeyOut]", "next_cursor": NotRequired[str | None]})
"Page_SshKeyOut_"

Page_TransactionOut = TypedDict(
    "Page_TransactionOut", {"data": "list[TransactionOut]", "next_cursor": NotRequired[str | None]}
)
"Page_TransactionOut_"

PaidByOut = TypedDict(
    "PaidByOut",
    {"amount_minor": int, "paid_at": str, "paid_with": str, "payment": str | None, "taken_over_from": str | None},
)
"A payment, or credit, that has paid an invoice, and how much of it."

PayIn = TypedDict("PayIn", {"amount_minor": NotRequired[int | None], "payment_method": NotRequired[str | None]})
"How an invoice is paid."

PayLaterOut = TypedDict("PayLaterOut", {"left": str, "limit": str, "used": str})
"How far a customer with a payment method is served without credit, and what of that is used."

PaymentOfInvoiceOut = TypedDict(
    "PaymentOfInvoiceOut",
    {
        "amount_minor": int,
        "currency": str,
        "invoice": str,
        "invoice_state": str,
        "payment": str,
        "problem": str,
        "state": Literal[
            "created",
            "pi_created",
            "confirming",
            "requires_action",
            "processing",
            "succeeded",
            "failed",
            "canceled",
            "refunded",
            "disputed",
        ],
    },
)
"A payment of an invoice as it stands."

PaymentOut = TypedDict(
    "PaymentOut",
    {
        "amount": "MoneyOut",
        "created_at": str,
        "credits": str,
        "customer": str,
        "detail": str,
        "id": str,
        "invoice": str | None,
        "off_session": bool,
        "pack": str | None,
        "payment_method": str | None,
        "problem": str,
        "purpose": Literal["top_up", "invoice", "plan_change"],
        "rail": Literal["card", "sepa_debit", "paypal", "crypto", "bank_transfer"],
        "received": "MoneyOut",
        "refunded": "MoneyOut",
        "state": Literal[
            "created",
            "pi_created",
            "confirming",
            "requires_action",
            "processing",
            "succeeded",
            "failed",
            "canceled",
            "refunded",
            "disputed",
        ],
        "updated_at": str,
    },
)
"A payment as it stands."

PaymentUnderWay = TypedDict(
    "PaymentUnderWay",
    {
        "action_url": str | None,
        "amount": "MoneyOut",
        "created_at": str,
        "credits": str,
        "customer": str,
        "detail": str,
        "id": str,
        "invoice": str | None,
        "off_session": bool,
        "pack": str | None,
        "payment_method": str | None,
        "problem": str,
        "purpose": Literal["top_up", "invoice", "plan_change"],
        "rail": Literal["card", "sepa_debit", "paypal", "crypto", "bank_transfer"],
        "received": "MoneyOut",
        "refunded": "MoneyOut",
        "state": Literal[
            "created",
            "pi_created",
            "confirming",
            "requires_action",
            "processing",
            "succeeded",
            "failed",
            "canceled",
            "refunded",
            "disputed",
        ],
        "updated_at": str,
    },
)
"A payment, and where the customer goes on with it."

PeriodOut = TypedDict("PeriodOut", {"ends_at": str, "is_open": bool, "number": int, "starts_at": str})
"A billing period."

PlanOut = TypedDict(
    "PlanOut",
    {
        "allowances": dict[str, int],
        "annual": "MoneyOut | None",
        "catalog": str,
        "catalog_version": int,
        "description": str,
        "features": list[str],
        "is_default": bool,
        "key": str,
        "limits": dict[str, int],
        "monthly": "MoneyOut | None",
        "on_request": bool,
        "rates": dict[str, str],
        "seats": "SeatsOut | None",
        "title": str,
    },
)
"A plan."

PortalSessionIn = TypedDict(
    "PortalSessionIn",
    {
        "auth_time": NotRequired[str | None],
        "customer": str,
        "locale": NotRequired[str | None],
        "member_email": NotRequired[str | None],
        "member_name": NotRequired[str | None],
        "return_url": NotRequired[str | None],
        "role": NotRequired[Literal["owner", "billing_manager", "viewer"] | None],
        "theme": NotRequired["ThemeIn | None"],
        "view": NotRequired[str | None],
    },
)
"Who is to see which page, and how it looks."

PortalSessionOut = TypedDict("PortalSessionOut", {"expires_at": str, "url": str})
"A link that works once."

PriceChangeIn = TypedDict("PriceChangeIn", {"on": str, "version": int})
"Which terms, and from when."

PriceChangeOut = TypedDict(
    "PriceChangeOut",
    {
        "after_minor": int,
        "announced_at": str,
        "before_minor": int,
        "currency": str,
        "id": str,
        "months": int,
        "on": str,
        "plan": str,
        "version": int,
    },
)
"What is announced, and what the customer's last months would have come to. Amounts are before tax."

PriceChanges = TypedDict("PriceChanges", {"data": "list[PriceChangeOut]"})
"What is announced."

ProFormaIn = TypedDict(
    "ProFormaIn",
    {"amount_minor": NotRequired[int | None], "invoice": NotRequired[str | None], "pack": NotRequired[str | None]},
)
"What is ordered: an amount of credit, a pack, or that an invoice is paid."

ProFormaOut = TypedDict(
    "ProFormaOut",
    {
        "amount_minor": int,
        "created_at": str,
        "currency": str,
        "id": str,
        "invoice": str | None,
        "missing_minor": int,
        "net_minor": int | None,
        "payment": str | None,
        "state": Literal["waiting", "paying", "paid", "canceled", "expired"],
        "valid_until": str,
    },
)
"An order that is paid by bank transfer. It is no invoice, and has no number of any series."

ProFormas = TypedDict("ProFormas", {"data": "list[ProFormaOut]"})
"The newest pro-formas of a customer."

Problem = TypedDict(
    "Problem",
    {
        "detail": str,
        "errors": NotRequired["list[FieldProblem]"],
        "reason": str,
        "request_id": NotRequired[str],
        "status": int,
        "title": str,
        "type": str,
    },
)
"A problem document (RFC 9457)."

ReasonIn = TypedDict("ReasonIn", {"reason": str})
"Why."

ReceiptOut = TypedDict(
    "ReceiptOut", {"amount_minor": int, "file": Literal["pending", "made", "dead"], "number": str, "payment": str}
)
"A payment of an invoice that had been open, and its receipt."

RecipientFields = TypedDict(
    "RecipientFields", {"email": str, "invoices": bool, "payment_problems": bool, "receipts": bool}
)
"One more recipient, and what is sent there."

RecipientIn = TypedDict("RecipientIn", {"email": str})
"An address that alerts are to go to."

ReferralsOut = TypedDict(
    "ReferralsOut",
    {
        "code": str | None,
        "count": int,
        "credit_unit": str,
        "earned": str,
        "given": str,
        "invited": "list[InvitedOut]",
        "months": int,
        "next_at": str | None,
        "offered": bool,
        "percent": str,
        "url": str | None,
    },
)
"A customer's referrals."

RegistrationIn = TypedDict("RegistrationIn", {"country": str, "type": str, "value": str})
"A number to add."

RegistrationOut = TypedDict(
    "RegistrationOut",
    {
        "answered_at": str | None,
        "consultation": str,
        "country": str,
        "created_at": str,
        "expires_on": str | None,
        "id": str,
        "name": str,
        "reason": str,
        "state": Literal["pending", "verified", "unverified", "unavailable"],
        "territories": list[str],
        "type": str,
        "value": str,
    },
)
"A number, and what is known of it."

Registrations = TypedDict("Registrations", {"data": "list[RegistrationOut]"})
"All numbers of a customer, the oldest first."

RejectedOut = TypedDict("RejectedOut", {"detail": str, "index": int, "reason": str})
"An event that was not counted."

ReportIn: TypeAlias = "EventIn | BatchIn | CloudEventIn | CloudBatchIn"

ReportOut = TypedDict("ReportOut", {"accepted": int, "duplicates": int, "rejected": "list[RejectedOut]"})
"What became of the events."

RequestIn = TypedDict("RequestIn", {"email": str, "message": str, "name": str, "plan": str})
"What somebody asks about a plan."

RequestOut = TypedDict("RequestOut", {"plan": str})
"A message that is on its way."

RoleIn = TypedDict("RoleIn", {"role": Literal["owner", "billing_manager", "viewer"]})
"What a member may do from now on."

RotateIn = TypedDict("RotateIn", {"ends": NotRequired[str | None]})
"Which older secret may end."

ScheduledOut = TypedDict(
    "ScheduledOut",
    {
        "catalog_version": int,
        "change": str,
        "effective_at": str,
        "interval": Literal["monthly", "annual"],
        "plan": str,
        "seats": int,
    },
)
"A change that waits for the end of the plan period."

SeatsOut = TypedDict(
    "SeatsOut", {"annual": "MoneyOut | None", "included": int, "max": int | None, "monthly": "MoneyOut | None"}
)
"Seats of a plan."

SecretOut = TypedDict("SecretOut", {"secret": str})
"The secret that signs what is sent to an endpoint."

Source = TypedDict("Source", {"id": str, "type": str})
"What a movement comes from."

SpendManagement = TypedDict(
    "SpendManagement",
    {
        "daily_limit": str | None,
        "enabled": bool,
        "notify_threshold": str | None,
        "version": int,
        "webhook_url": str | None,
    },
)
"The whole set. `null`: there is no limit, no threshold, no webhook."

SshKeyOut = TypedDict(
    "SshKeyOut",
    {
        "bits": int,
        "created_at": str,
        "fingerprint": str,
        "id": str,
        "member": str,
        "member_email": str,
        "name": str,
        "public_key": str,
        "role": Literal["owner", "billing_manager", "viewer"],
        "type": Literal[
            "ssh-ed25519",
            "sk-ssh-ed25519@openssh.com",
            "ecdsa-sha2-nistp256",
            "ecdsa-sha2-nistp384",
            "ecdsa-sha2-nistp521",
            "sk-ecdsa-sha2-nistp256@openssh.com",
            "ssh-rsa",
        ],
    },
)
"A public key of somebody who acts for the customer now."

StatementIn = TypedDict("StatementIn", {"from": str, "to": str})
"Of which UTC days, both included, a PDF is made."

StatementOut = TypedDict(
    "StatementOut",
    {
        "charged_minor": int,
        "closing_minor": int,
        "credited_minor": int,
        "credits": "CreditsOut",
        "credits_applied_minor": int,
        "currency": str,
        "data": "list[EntryOut]",
        "from": str,
        "next_cursor": str | None,
        "opening_minor": int,
        "paid_back_minor": int,
        "paid_minor": int,
        "to": str,
        "voided_minor": int,
    },
)
"A statement of account: a page of entries, the oldest first. Amounts are whole minor units of the currency."

StatementPaper = TypedDict("StatementPaper", {"asked_at": str, "from": str, "id": str, "to": str})
"A statement that is made as a PDF."

StoppedOut = TypedDict("StoppedOut", {"given_up": str | None, "in_flight": str | None})
"What became of the automatic charge that was open."

SubscriptionChange = TypedDict("SubscriptionChange", {"seats_used": int})
"What you report."

SubscriptionOut = TypedDict(
    "SubscriptionOut",
    {
        "cancel_at": str | None,
        "catalog_version": int,
        "change_under_way": str | None,
        "currency": str,
        "id": str,
        "interval": Literal["monthly", "annual"],
        "period_ends_at": str,
        "period_starts_at": str,
        "plan": str,
        "price_minor": int,
        "renewal_price_minor": int,
        "scheduled": "ScheduledOut | None",
        "seats": int,
        "seats_used": int | None,
    },
)
"What a customer has of the plans."

TaxOut = TypedDict(
    "TaxOut",
    {
        "buyer_number": str,
        "category": str,
        "country": str,
        "name": str,
        "net_minor": int,
        "percent": str,
        "reason": str,
        "seller_number": str,
        "tax_minor": int,
    },
)
"What is taxed under one rate. Receipts have none."

TestQueued = TypedDict("TestQueued", {"delivery": str})
"A test event that is on its way."

ThemeIn = TypedDict(
    "ThemeIn",
    {
        "accent": NotRequired[str | None],
        "accent_dark": NotRequired[str | None],
        "font": NotRequired[Literal["portal", "system"] | None],
        "mode": NotRequired[Literal["light", "dark", "system"]],
        "radius": NotRequired[int | None],
    },
)
"The look of the portal inside your product: a mode, and the tokens that it may set."

TierOut = TypedDict("TierOut", {"credits": str, "up_to": int | None})
"A step of a graduated price."

TopUpFields = TypedDict("TopUpFields", {"amount": NotRequired["MoneyOut | None"], "pack": NotRequired[str | None]})
"What is bought: an amount, or a pack."

TopUpIn = TypedDict(
    "TopUpIn",
    {
        "amount": NotRequired["MoneyOut | None"],
        "off_session": NotRequired[bool],
        "pack": NotRequired[str | None],
        "payment_method": NotRequired[str | None],
        "preview": NotRequired[str | None],
    },
)
"What is bought, and how it is paid."

TopUpPreview = TypedDict(
    "TopUpPreview",
    {
        "credit_unit": str,
        "credits": str,
        "expires_after_days": int | None,
        "net": "MoneyOut",
        "preview": str,
        "tax": "MoneyOut",
        "total": "MoneyOut",
    },
)
"What it comes to."

TransactionOut = TypedDict(
    "TransactionOut",
    {
        "amount": str,
        "balance_after": str,
        "created_at": str,
        "description": str,
        "id": str,
        "kind": str,
        "sequence": int,
        "source": "Source",
    },
)
"A movement of the customer's credits, once and for ever."

UnappliedCash = TypedDict(
    "UnappliedCash",
    {"account": "list[DetailOut]", "currency": str, "movements": "list[MovementOut]", "unapplied_minor": int},
)
"What a customer has sent by bank transfer and nothing has used yet."

UsageAlertsIn = TypedDict(
    "UsageAlertsIn", {"alerts": "list[AlertIn]", "recipients": "list[RecipientIn]", "version": int}
)
"The whole set, in the place of the one of that version."

UsageAlertsOut = TypedDict(
    "UsageAlertsOut", {"alerts": "list[AlertOut]", "recipients": "list[UsageAlertsRecipientOut]", "version": int}
)
"The usage alerts of a customer. While no address is confirmed they go to the customer's billing address."

UsageOut = TypedDict(
    "UsageOut",
    {
        "catalog_version": int,
        "credit_unit": str,
        "customer": str,
        "meters": "list[MeterUseOut]",
        "period": "PeriodOut",
        "plan": str,
        "without_meter": "list[DayOut]",
    },
)
"What a customer used in a billing period."

VersionIn = TypedDict("VersionIn", {"version": int})
"Which channel is meant."

WebhookOut = TypedDict(
    "WebhookOut", {"active": bool, "disabled_reason": str, "old_secret_until": str | None, "url": str}
)
"Where the customer's events go."

WebhookSecretOut = TypedDict("WebhookSecretOut", {"secret": str})
"The secret that signs the customer's events."

WithoutAutoRecharge = TypedDict("WithoutAutoRecharge", {"earliest": str, "latest": str | None, "runs_out_on": str})
"The same with nothing bought."

InvoiceNotificationsRecipientOut = TypedDict(
    "InvoiceNotificationsRecipientOut",
    {"email": str, "invoices": bool, "is_confirmed": bool, "payment_problems": bool, "receipts": bool},
)
"One more recipient. Nothing is sent there before the address is confirmed."

UsageAlertsRecipientOut = TypedDict("UsageAlertsRecipientOut", {"confirmed_at": str | None, "email": str})
"An address that alerts go to once it is confirmed."
