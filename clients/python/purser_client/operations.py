"""The operations of the Billing API. Written by clients/generate.py: do not edit."""

from __future__ import annotations

from typing import Any, Literal, Protocol, cast

from purser_client import shapes
from purser_client.paths import filled, given


class Caller(Protocol):
    """Makes calls: see `Purser.call` and `Purser.download`."""

    def call(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        key: str | None = None,
        query: Any = None,
        repeatable: bool = False,
    ) -> dict[str, Any]: ...

    def download(self, path: str, *, query: Any = None) -> bytes: ...


class Authorizations:
    """Authorizations."""

    def __init__(self, caller: Caller) -> None:
        self._caller = caller

    def authorize(self, body: shapes.AuthorizationIn, *, key: str | None = None) -> shapes.AuthorizationOut:
        """Ask whether a customer may spend."""
        return cast("shapes.AuthorizationOut", self._caller.call("POST", "/authorizations", body, key=key))

    def read(self, authorization_id: str) -> shapes.HoldOut:
        """Look at an authorization: how it stands, or why it was refused and what that was decided from."""
        return cast(
            "shapes.HoldOut", self._caller.call("GET", filled("/authorizations/{authorization_id}", authorization_id))
        )

    def capture(
        self, authorization_id: str, body: shapes.CaptureIn | None = None, *, key: str | None = None
    ) -> shapes.CapturedOut:
        """Use what was held, and give the rest back."""
        return cast(
            "shapes.CapturedOut",
            self._caller.call(
                "POST", filled("/authorizations/{authorization_id}/capture", authorization_id), body or {}, key=key
            ),
        )

    def release(self, authorization_id: str, *, key: str | None = None) -> shapes.HoldOut:
        """Hold it no longer. Twice is once."""
        return cast(
            "shapes.HoldOut",
            self._caller.call("POST", filled("/authorizations/{authorization_id}/release", authorization_id), key=key),
        )


class AutoRecharge:
    """Auto recharge."""

    def __init__(self, caller: Caller) -> None:
        self._caller = caller

    def read(self, customer_id: str) -> shapes.AutoRecharge:
        """Read what the customer allows."""
        return cast(
            "shapes.AutoRecharge",
            self._caller.call("GET", filled("/customers/{customer_id}/auto_recharge", customer_id)),
        )

    def replace(self, customer_id: str, body: shapes.AutoRecharge, *, key: str | None = None) -> shapes.AutoRecharge:
        """Replace the set, or refuse it whole."""
        return cast(
            "shapes.AutoRecharge",
            self._caller.call("PUT", filled("/customers/{customer_id}/auto_recharge", customer_id), body, key=key),
        )

    def stop_everything(self, customer_id: str, *, key: str | None = None) -> shapes.StoppedOut:
        """Stop all automatic charges: auto-recharge is off, and the charge that is open is given up."""
        return cast(
            "shapes.StoppedOut",
            self._caller.call("POST", filled("/customers/{customer_id}/auto_recharge/stop", customer_id), key=key),
        )


class BalanceTransactions:
    """Balance transactions."""

    def __init__(self, caller: Caller) -> None:
        self._caller = caller

    def listed(
        self, customer_id: str, *, limit: int | None = None, cursor: str | None = None, kind: str | None = None
    ) -> shapes.Page_TransactionOut:
        """List a customer's balance transactions, the newest first."""
        return cast(
            "shapes.Page_TransactionOut",
            self._caller.call(
                "GET",
                filled("/customers/{customer_id}/balance_transactions", customer_id),
                query=given({"limit": limit, "cursor": cursor, "kind": kind}),
            ),
        )


class Balances:
    """Balances."""

    def __init__(self, caller: Caller) -> None:
        self._caller = caller

    def read(self, customer_id: str) -> shapes.BalanceOut:
        """Read a customer's balance."""
        return cast(
            "shapes.BalanceOut", self._caller.call("GET", filled("/customers/{customer_id}/balance", customer_id))
        )


class BankTransfers:
    """Bank transfers."""

    def __init__(self, caller: Caller) -> None:
        self._caller = caller

    def listed(self, customer_id: str) -> shapes.ProFormas:
        """List the newest orders of a customer that are paid by bank transfer."""
        return cast(
            "shapes.ProFormas", self._caller.call("GET", filled("/customers/{customer_id}/pro_formas", customer_id))
        )

    def order(
        self, customer_id: str, body: shapes.ProFormaIn | None = None, *, key: str | None = None
    ) -> shapes.ProFormaOut:
        """Order credit, or that an invoice is paid, by bank transfer. Nothing is charged by it."""
        return cast(
            "shapes.ProFormaOut",
            self._caller.call("POST", filled("/customers/{customer_id}/pro_formas", customer_id), body or {}, key=key),
        )

    def one(self, customer_id: str, pro_forma_id: str) -> shapes.ProFormaOut:
        """Read an order that is paid by bank transfer, and what is missing for it."""
        return cast(
            "shapes.ProFormaOut",
            self._caller.call(
                "GET", filled("/customers/{customer_id}/pro_formas/{pro_forma_id}", customer_id, pro_forma_id)
            ),
        )

    def cancel(self, customer_id: str, pro_forma_id: str, *, key: str | None = None) -> shapes.ProFormaOut:
        """Cancel an order that waits for money. What has arrived stays the customer's; one that is over stays as it is."""
        return cast(
            "shapes.ProFormaOut",
            self._caller.call(
                "POST",
                filled("/customers/{customer_id}/pro_formas/{pro_forma_id}/cancel", customer_id, pro_forma_id),
                key=key,
            ),
        )

    def pdf(self, customer_id: str, pro_forma_id: str) -> bytes:
        """Read the PDF of an order that is paid by bank transfer, with its EPC code for euros: it asks for what is missing."""
        return self._caller.download(
            filled("/customers/{customer_id}/pro_formas/{pro_forma_id}/pdf", customer_id, pro_forma_id)
        )

    def unapplied(self, customer_id: str) -> shapes.UnappliedCash:
        """Read what a customer has sent by bank transfer and nothing has used yet, and the account to send to."""
        return cast(
            "shapes.UnappliedCash",
            self._caller.call("GET", filled("/customers/{customer_id}/unapplied_cash", customer_id)),
        )

    def look(self, customer_id: str, *, key: str | None = None) -> shapes.UnappliedCash:
        """Ask the payment processor what has arrived, and answer with it; 503 where it does not answer now."""
        return cast(
            "shapes.UnappliedCash",
            self._caller.call("POST", filled("/customers/{customer_id}/unapplied_cash/look", customer_id), key=key),
        )


class Catalog:
    """Catalog."""

    def __init__(self, caller: Caller) -> None:
        self._caller = caller

    def meters(
        self,
        *,
        limit: int | None = None,
        cursor: str | None = None,
        catalog: str | None = None,
        customer: str | None = None,
    ) -> shapes.Page_MeterOut:
        """List the meters: those that are offered, or those of a customer's version."""
        return cast(
            "shapes.Page_MeterOut",
            self._caller.call(
                "GET",
                "/meters",
                query=given({"limit": limit, "cursor": cursor, "catalog": catalog, "customer": customer}),
            ),
        )

    def packs(
        self,
        *,
        limit: int | None = None,
        cursor: str | None = None,
        catalog: str | None = None,
        customer: str | None = None,
    ) -> shapes.Page_PackOut:
        """List the credit packs."""
        return cast(
            "shapes.Page_PackOut",
            self._caller.call(
                "GET",
                "/packs",
                query=given({"limit": limit, "cursor": cursor, "catalog": catalog, "customer": customer}),
            ),
        )

    def plans(
        self,
        *,
        limit: int | None = None,
        cursor: str | None = None,
        catalog: str | None = None,
        customer: str | None = None,
    ) -> shapes.Page_PlanOut:
        """List the plans, from the least to the most: those that are offered, or those of a customer's version."""
        return cast(
            "shapes.Page_PlanOut",
            self._caller.call(
                "GET",
                "/plans",
                query=given({"limit": limit, "cursor": cursor, "catalog": catalog, "customer": customer}),
            ),
        )


class CreditCodes:
    """Credit codes."""

    def __init__(self, caller: Caller) -> None:
        self._caller = caller

    def previewed(self, customer_id: str, body: shapes.CodeIn, *, key: str | None = None) -> shapes.OfferOut:
        """See what a code gives. It is not redeemed."""
        return cast(
            "shapes.OfferOut",
            self._caller.call(
                "POST", filled("/customers/{customer_id}/credit_codes/preview", customer_id), body, key=key
            ),
        )

    def redeem(self, customer_id: str, body: shapes.CodeIn, *, key: str | None = None) -> shapes.OfferOut:
        """Give the credit of a code. A customer redeems a code once: again is 409 `credit_code_redeemed`."""
        return cast(
            "shapes.OfferOut",
            self._caller.call(
                "POST", filled("/customers/{customer_id}/credit_codes/redeem", customer_id), body, key=key
            ),
        )


class CreditGrants:
    """Credit grants."""

    def __init__(self, caller: Caller) -> None:
        self._caller = caller

    def give(self, customer_id: str, body: shapes.GrantIn, *, key: str | None = None) -> shapes.GrantOut:
        """Give a customer credit."""
        return cast(
            "shapes.GrantOut",
            self._caller.call("POST", filled("/customers/{customer_id}/credit_grants", customer_id), body, key=key),
        )


class CustomerWebhook:
    """Customer webhook."""

    def __init__(self, caller: Caller) -> None:
        self._caller = caller

    def read(self, customer_id: str) -> shapes.WebhookOut:
        """Read how the customer's webhook stands; 404 where none is saved."""
        return cast(
            "shapes.WebhookOut",
            self._caller.call("GET", filled("/customers/{customer_id}/spend_management/webhook", customer_id)),
        )

    def rotate(
        self, customer_id: str, body: shapes.RotateIn | None = None, *, key: str | None = None
    ) -> shapes.WebhookOut:
        """Make a new secret. For 24 hours events are also signed with the old one."""
        return cast(
            "shapes.WebhookOut",
            self._caller.call(
                "POST",
                filled("/customers/{customer_id}/spend_management/webhook/rotate_secret", customer_id),
                body or {},
                key=key,
            ),
        )

    def secret(self, customer_id: str) -> shapes.WebhookSecretOut:
        """Read the secret that signs the customer's events."""
        return cast(
            "shapes.WebhookSecretOut",
            self._caller.call("GET", filled("/customers/{customer_id}/spend_management/webhook/secret", customer_id)),
        )

    def send_test(self, customer_id: str, *, key: str | None = None) -> shapes.TestQueued:
        """Send a test event to the customer's webhook."""
        return cast(
            "shapes.TestQueued",
            self._caller.call(
                "POST", filled("/customers/{customer_id}/spend_management/webhook/test", customer_id), key=key
            ),
        )


class Customers:
    """Customers."""

    def __init__(self, caller: Caller) -> None:
        self._caller = caller

    def listed(
        self, *, limit: int | None = None, cursor: str | None = None, external_id: str | None = None
    ) -> shapes.Page_CustomerOut:
        """List customers, the newest first."""
        return cast(
            "shapes.Page_CustomerOut",
            self._caller.call(
                "GET", "/customers", query=given({"limit": limit, "cursor": cursor, "external_id": external_id})
            ),
        )

    def create(self, body: shapes.CustomerIn, *, key: str | None = None) -> shapes.CustomerOut:
        """Create a customer."""
        return cast("shapes.CustomerOut", self._caller.call("POST", "/customers", body, key=key))

    def read(self, customer_id: str) -> shapes.CustomerOut:
        """Read a customer."""
        return cast("shapes.CustomerOut", self._caller.call("GET", filled("/customers/{customer_id}", customer_id)))

    def change(
        self, customer_id: str, body: shapes.CustomerChange | None = None, *, key: str | None = None
    ) -> shapes.CustomerOut:
        """Change a customer."""
        return cast(
            "shapes.CustomerOut",
            self._caller.call("PATCH", filled("/customers/{customer_id}", customer_id), body or {}, key=key),
        )


class FrameOrigins:
    """Frame origins."""

    def __init__(self, caller: Caller) -> None:
        self._caller = caller

    def remove(self, *, origin: str, key: str | None = None) -> None:
        """Let an origin's pages show the portal no more, from now on."""
        self._caller.call("DELETE", "/frame_origins", query=given({"origin": origin}), key=key)

    def listed(self) -> shapes.Page_OriginOut:
        """List the origins. There are 50 at most, so this is one page."""
        return cast("shapes.Page_OriginOut", self._caller.call("GET", "/frame_origins"))

    def add(self, body: shapes.OriginIn, *, key: str | None = None) -> shapes.OriginOut:
        """Let an origin's pages show the portal in a frame, from now on. Twice is once."""
        return cast("shapes.OriginOut", self._caller.call("POST", "/frame_origins", body, key=key))


class InvoiceAddress:
    """Invoice address."""

    def __init__(self, caller: Caller) -> None:
        self._caller = caller

    def read(self, customer_id: str) -> shapes.AddressOut:
        """Read the address."""
        return cast(
            "shapes.AddressOut",
            self._caller.call("GET", filled("/customers/{customer_id}/invoice_address", customer_id)),
        )

    def replace(self, customer_id: str, body: shapes.AddressIn, *, key: str | None = None) -> shapes.AddressOut:
        """Replace the address, or refuse it whole."""
        return cast(
            "shapes.AddressOut",
            self._caller.call("PUT", filled("/customers/{customer_id}/invoice_address", customer_id), body, key=key),
        )


class InvoiceChanges:
    """Invoice changes."""

    def __init__(self, caller: Caller) -> None:
        self._caller = caller

    def credit_note(
        self, customer_id: str, invoice_id: str, body: shapes.CreditNoteIn, *, key: str | None = None
    ) -> shapes.ChangedInvoiceOut:
        """Give a credit note on an invoice that is due: it takes off what is to be paid."""
        return cast(
            "shapes.ChangedInvoiceOut",
            self._caller.call(
                "POST",
                filled("/customers/{customer_id}/invoices/{invoice_id}/credit_notes", customer_id, invoice_id),
                body,
                key=key,
            ),
        )

    def pay(
        self, customer_id: str, invoice_id: str, body: shapes.PayIn | None = None, *, key: str | None = None
    ) -> shapes.PaymentOfInvoiceOut:
        """Charge a saved method of the customer for an invoice that is due."""
        return cast(
            "shapes.PaymentOfInvoiceOut",
            self._caller.call(
                "POST",
                filled("/customers/{customer_id}/invoices/{invoice_id}/pay", customer_id, invoice_id),
                body or {},
                key=key,
            ),
        )

    def void(
        self, customer_id: str, invoice_id: str, body: shapes.ReasonIn, *, key: str | None = None
    ) -> shapes.ChangedInvoiceOut:
        """Void an invoice of which nothing is paid; it keeps its number. Twice is once."""
        return cast(
            "shapes.ChangedInvoiceOut",
            self._caller.call(
                "POST",
                filled("/customers/{customer_id}/invoices/{invoice_id}/void", customer_id, invoice_id),
                body,
                key=key,
            ),
        )


class InvoiceCorrections:
    """Invoice corrections."""

    def __init__(self, caller: Caller) -> None:
        self._caller = caller

    def create(
        self, customer_id: str, invoice_id: str, body: shapes.CorrectionIn, *, key: str | None = None
    ) -> shapes.CorrectionOut:
        """Correct an invoice as it was previewed."""
        return cast(
            "shapes.CorrectionOut",
            self._caller.call(
                "POST",
                filled("/customers/{customer_id}/invoices/{invoice_id}/corrections", customer_id, invoice_id),
                body,
                key=key,
            ),
        )

    def preview(
        self, customer_id: str, invoice_id: str, body: shapes.CorrectionFields, *, key: str | None = None
    ) -> shapes.CorrectionPreview:
        """Preview the correction of an invoice."""
        return cast(
            "shapes.CorrectionPreview",
            self._caller.call(
                "POST",
                filled("/customers/{customer_id}/invoices/{invoice_id}/corrections/preview", customer_id, invoice_id),
                body,
                key=key,
            ),
        )


class InvoiceFiles:
    """Invoice files."""

    def __init__(self, caller: Caller) -> None:
        self._caller = caller

    def year(self, customer_id: str, year: str) -> bytes:
        """Read all files of a UTC year as one ZIP: PDFs, e-invoices and receipts, as they are kept."""
        return self._caller.download(filled("/customers/{customer_id}/invoices/years/{year}", customer_id, year))

    def pdf(self, customer_id: str, invoice_id: str) -> bytes:
        """Read the PDF of an invoice, credit note or receipt."""
        return self._caller.download(
            filled("/customers/{customer_id}/invoices/{invoice_id}/pdf", customer_id, invoice_id)
        )

    def receipt(self, customer_id: str, invoice_id: str, payment_id: str) -> bytes:
        """Read the receipt of a payment of an invoice that had been open, as a PDF: made once, and the same for ever."""
        return self._caller.download(
            filled(
                "/customers/{customer_id}/invoices/{invoice_id}/receipts/{payment_id}",
                customer_id,
                invoice_id,
                payment_id,
            )
        )

    def xml(self, customer_id: str, invoice_id: str) -> bytes:
        """Read the e-invoice of an invoice or credit note, where it has one; otherwise the answer is 404 `not_offered`."""
        return self._caller.download(
            filled("/customers/{customer_id}/invoices/{invoice_id}/xml", customer_id, invoice_id)
        )


class InvoiceNotifications:
    """Invoice notifications."""

    def __init__(self, caller: Caller) -> None:
        self._caller = caller

    def read(self, customer_id: str) -> shapes.NotificationsOut:
        """Read where a customer's invoices and mails about payments are sent."""
        return cast(
            "shapes.NotificationsOut",
            self._caller.call("GET", filled("/customers/{customer_id}/invoice_notifications", customer_id)),
        )

    def replace(
        self, customer_id: str, body: shapes.NotificationsIn, *, key: str | None = None
    ) -> shapes.NotificationsOut:
        """Replace the set, or refuse it whole."""
        return cast(
            "shapes.NotificationsOut",
            self._caller.call(
                "PUT", filled("/customers/{customer_id}/invoice_notifications", customer_id), body, key=key
            ),
        )

    def ask_again(self, customer_id: str, body: shapes.AskIn, *, key: str | None = None) -> shapes.NotificationsOut:
        """Send a new link to an address that has not confirmed yet; the link before it is over. Any other is 404."""
        return cast(
            "shapes.NotificationsOut",
            self._caller.call(
                "POST", filled("/customers/{customer_id}/invoice_notifications/ask_again", customer_id), body, key=key
            ),
        )

    def cancel(self, customer_id: str, *, key: str | None = None) -> shapes.NotificationsOut:
        """Leave the billing e-mail as it is: the link that was mailed to the new one is over. Twice is once."""
        return cast(
            "shapes.NotificationsOut",
            self._caller.call(
                "DELETE", filled("/customers/{customer_id}/invoice_notifications/pending", customer_id), key=key
            ),
        )


class Invoices:
    """Invoices."""

    def __init__(self, caller: Caller) -> None:
        self._caller = caller

    def listed(
        self,
        customer_id: str,
        *,
        limit: int | None = None,
        cursor: str | None = None,
        type: Literal["invoice", "credit_note", "receipt", "refund_receipt"] | None = None,
        state: Literal["open", "paid", "void", "uncollectible", "issued"] | None = None,
        q: str | None = None,
        from_: str | None = None,
        to: str | None = None,
    ) -> shapes.Page_InvoiceOut:
        """List a customer's invoices, credit notes and receipts, the newest first."""
        return cast(
            "shapes.Page_InvoiceOut",
            self._caller.call(
                "GET",
                filled("/customers/{customer_id}/invoices", customer_id),
                query=given(
                    {"limit": limit, "cursor": cursor, "type": type, "state": state, "q": q, "from": from_, "to": to}
                ),
            ),
        )

    def read(self, customer_id: str, invoice_id: str) -> shapes.InvoiceDetails:
        """Read an invoice, credit note or receipt."""
        return cast(
            "shapes.InvoiceDetails",
            self._caller.call("GET", filled("/customers/{customer_id}/invoices/{invoice_id}", customer_id, invoice_id)),
        )


class Mandates:
    """Mandates."""

    def __init__(self, caller: Caller) -> None:
        self._caller = caller

    def listed(self, customer_id: str) -> shapes.Mandates:
        """List the mandates of a customer, the newest first."""
        return cast(
            "shapes.Mandates",
            self._caller.call("GET", filled("/customers/{customer_id}/payment_methods/mandates", customer_id)),
        )

    def pdf(self, customer_id: str, mandate_id: str) -> bytes:
        """Read a mandate as a PDF: made once, and the same for ever. Until it is made the answer is 409 `file_not_made`."""
        return self._caller.download(
            filled("/customers/{customer_id}/payment_methods/mandates/{mandate_id}/pdf", customer_id, mandate_id)
        )


class Members:
    """Members."""

    def __init__(self, caller: Caller) -> None:
        self._caller = caller

    def listed(self, customer_id: str, *, limit: int | None = None, cursor: str | None = None) -> shapes.Page_MemberOut:
        """List the members of a customer, the newest first."""
        return cast(
            "shapes.Page_MemberOut",
            self._caller.call(
                "GET",
                filled("/customers/{customer_id}/members", customer_id),
                query=given({"limit": limit, "cursor": cursor}),
            ),
        )

    def create(self, customer_id: str, body: shapes.MemberIn, *, key: str | None = None) -> shapes.MemberOut:
        """Make a member of a customer."""
        return cast(
            "shapes.MemberOut",
            self._caller.call("POST", filled("/customers/{customer_id}/members", customer_id), body, key=key),
        )

    def remove(self, customer_id: str, member_id: str, *, key: str | None = None) -> None:
        """Take a member off a customer: sessions and links of theirs for it end at once."""
        self._caller.call(
            "DELETE", filled("/customers/{customer_id}/members/{member_id}", customer_id, member_id), key=key
        )

    def change(
        self, customer_id: str, member_id: str, body: shapes.RoleIn, *, key: str | None = None
    ) -> shapes.MemberOut:
        """Give a member of a customer another role, from the member's next request on."""
        return cast(
            "shapes.MemberOut",
            self._caller.call(
                "PATCH", filled("/customers/{customer_id}/members/{member_id}", customer_id, member_id), body, key=key
            ),
        )


class NotificationChannel:
    """Notification channel."""

    def __init__(self, caller: Caller) -> None:
        self._caller = caller

    def remove(self, customer_id: str, *, key: str | None = None) -> shapes.ChannelOut:
        """Send nothing there any more, and forget the address."""
        return cast(
            "shapes.ChannelOut",
            self._caller.call("DELETE", filled("/customers/{customer_id}/notification_channel", customer_id), key=key),
        )

    def read(self, customer_id: str) -> shapes.ChannelOut:
        """Read where the customer's messages go."""
        return cast(
            "shapes.ChannelOut",
            self._caller.call("GET", filled("/customers/{customer_id}/notification_channel", customer_id)),
        )

    def replace(self, customer_id: str, body: shapes.ChannelIn, *, key: str | None = None) -> shapes.ChannelOut:
        """Let messages go to this address. Another version than the present one is refused with 409."""
        return cast(
            "shapes.ChannelOut",
            self._caller.call(
                "PUT", filled("/customers/{customer_id}/notification_channel", customer_id), body, key=key
            ),
        )

    def pause(self, customer_id: str, body: shapes.VersionIn, *, key: str | None = None) -> shapes.ChannelOut:
        """Send no messages until they are resumed. What comes about meanwhile is not sent."""
        return cast(
            "shapes.ChannelOut",
            self._caller.call(
                "POST", filled("/customers/{customer_id}/notification_channel/pause", customer_id), body, key=key
            ),
        )

    def resume(self, customer_id: str, body: shapes.VersionIn, *, key: str | None = None) -> shapes.ChannelOut:
        """Send messages again."""
        return cast(
            "shapes.ChannelOut",
            self._caller.call(
                "POST", filled("/customers/{customer_id}/notification_channel/resume", customer_id), body, key=key
            ),
        )

    def send_test(self, customer_id: str, *, key: str | None = None) -> shapes.DeliveryQueued:
        """Send a test message."""
        return cast(
            "shapes.DeliveryQueued",
            self._caller.call(
                "POST", filled("/customers/{customer_id}/notification_channel/test", customer_id), key=key
            ),
        )


class PaymentMethods:
    """Payment methods."""

    def __init__(self, caller: Caller) -> None:
        self._caller = caller

    def listed(self, customer_id: str) -> shapes.Methods:
        """List the saved payment methods of a customer, and where one more is added."""
        return cast(
            "shapes.Methods", self._caller.call("GET", filled("/customers/{customer_id}/payment_methods", customer_id))
        )

    def remove(self, customer_id: str, method_id: str, *, key: str | None = None) -> shapes.Methods:
        """Remove a payment method: no new charge uses it. The default passes on to another one."""
        return cast(
            "shapes.Methods",
            self._caller.call(
                "DELETE",
                filled("/customers/{customer_id}/payment_methods/{method_id}", customer_id, method_id),
                key=key,
            ),
        )

    def make_default(self, customer_id: str, method_id: str, *, key: str | None = None) -> shapes.Methods:
        """Charge this method by default. Twice is once."""
        return cast(
            "shapes.Methods",
            self._caller.call(
                "POST",
                filled("/customers/{customer_id}/payment_methods/{method_id}/default", customer_id, method_id),
                key=key,
            ),
        )


class Payments:
    """Payments."""

    def __init__(self, caller: Caller) -> None:
        self._caller = caller

    def listed(
        self, customer_id: str, *, limit: int | None = None, cursor: str | None = None
    ) -> shapes.Page_PaymentOut:
        """List the payments of a customer, however they ended."""
        return cast(
            "shapes.Page_PaymentOut",
            self._caller.call(
                "GET",
                filled("/customers/{customer_id}/payments", customer_id),
                query=given({"limit": limit, "cursor": cursor}),
            ),
        )

    def read(self, customer_id: str, payment_id: str) -> shapes.PaymentOut:
        """Read a payment. Webhooks say what became of it, too: `payment.failed`, `payment.requires_action`."""
        return cast(
            "shapes.PaymentOut",
            self._caller.call("GET", filled("/customers/{customer_id}/payments/{payment_id}", customer_id, payment_id)),
        )

    def cancel(self, customer_id: str, payment_id: str, *, key: str | None = None) -> shapes.PaymentOut:
        """Give up a payment that waits for the customer."""
        return cast(
            "shapes.PaymentOut",
            self._caller.call(
                "POST",
                filled("/customers/{customer_id}/payments/{payment_id}/cancel", customer_id, payment_id),
                key=key,
            ),
        )

    def resume(self, customer_id: str, payment_id: str, *, key: str | None = None) -> shapes.PaymentUnderWay:
        """Go on with a payment for which the bank wants the customer, now that the customer is there."""
        return cast(
            "shapes.PaymentUnderWay",
            self._caller.call(
                "POST",
                filled("/customers/{customer_id}/payments/{payment_id}/resume", customer_id, payment_id),
                key=key,
            ),
        )


class PlanChanges:
    """Plan changes."""

    def __init__(self, caller: Caller) -> None:
        self._caller = caller

    def replace(self, customer_id: str, body: shapes.ChangeIn, *, key: str | None = None) -> shapes.ChangeOut:
        """Make a change as it was previewed, like `POST …/subscription/changes`."""
        return cast(
            "shapes.ChangeOut",
            self._caller.call("PUT", filled("/customers/{customer_id}/subscription", customer_id), body, key=key),
        )

    def create(self, customer_id: str, body: shapes.ChangeIn, *, key: str | None = None) -> shapes.ChangeOut:
        """Make a change as it was previewed."""
        return cast(
            "shapes.ChangeOut",
            self._caller.call(
                "POST", filled("/customers/{customer_id}/subscription/changes", customer_id), body, key=key
            ),
        )

    def undo(self, customer_id: str, change_id: str, *, key: str | None = None) -> shapes.ChangeOut:
        """Take an order back."""
        return cast(
            "shapes.ChangeOut",
            self._caller.call(
                "DELETE",
                filled("/customers/{customer_id}/subscription/changes/{change_id}", customer_id, change_id),
                key=key,
            ),
        )

    def read_change(self, customer_id: str, change_id: str) -> shapes.ChangeOut:
        """Read an order."""
        return cast(
            "shapes.ChangeOut",
            self._caller.call(
                "GET", filled("/customers/{customer_id}/subscription/changes/{change_id}", customer_id, change_id)
            ),
        )

    def previewed(
        self, customer_id: str, body: shapes.ChangeFields | None = None, *, key: str | None = None
    ) -> shapes.ChangePreview:
        """Preview a change of plan, interval or seats."""
        return cast(
            "shapes.ChangePreview",
            self._caller.call(
                "POST", filled("/customers/{customer_id}/subscription/preview", customer_id), body or {}, key=key
            ),
        )


class PlanRequests:
    """Plan requests."""

    def __init__(self, caller: Caller) -> None:
        self._caller = caller

    def write(self, customer_id: str, body: shapes.RequestIn, *, key: str | None = None) -> shapes.RequestOut:
        """Write to the seller about a plan that is sold on request: one message a day for each plan."""
        return cast(
            "shapes.RequestOut",
            self._caller.call(
                "POST", filled("/customers/{customer_id}/subscription/requests", customer_id), body, key=key
            ),
        )


class PortalSessions:
    """Portal sessions."""

    def __init__(self, caller: Caller) -> None:
        self._caller = caller

    def create(self, body: shapes.PortalSessionIn, *, key: str | None = None) -> shapes.PortalSessionOut:
        """Make a link into the portal for one member."""
        return cast("shapes.PortalSessionOut", self._caller.call("POST", "/portal_sessions", body, key=key))


class PriceChanges:
    """Price changes."""

    def __init__(self, caller: Caller) -> None:
        self._caller = caller

    def withdraw(self, customer_id: str, *, key: str | None = None) -> shapes.PriceChanges:
        """Withdraw what is announced and has not come yet. Twice is once."""
        return cast(
            "shapes.PriceChanges",
            self._caller.call("DELETE", filled("/customers/{customer_id}/price_changes", customer_id), key=key),
        )

    def read(self, customer_id: str) -> shapes.PriceChanges:
        """Read what is announced and has not come yet: one at most."""
        return cast(
            "shapes.PriceChanges",
            self._caller.call("GET", filled("/customers/{customer_id}/price_changes", customer_id)),
        )

    def announce(
        self, customer_id: str, body: shapes.PriceChangeIn, *, key: str | None = None
    ) -> shapes.PriceChangeOut:
        """Announce other prices to a customer."""
        return cast(
            "shapes.PriceChangeOut",
            self._caller.call("POST", filled("/customers/{customer_id}/price_changes", customer_id), body, key=key),
        )


class Referrals:
    """Referrals."""

    def __init__(self, caller: Caller) -> None:
        self._caller = caller

    def read(self, customer_id: str) -> shapes.ReferralsOut:
        """Read a customer's referrals."""
        return cast(
            "shapes.ReferralsOut", self._caller.call("GET", filled("/customers/{customer_id}/referrals", customer_id))
        )

    def make_link(self, customer_id: str, *, key: str | None = None) -> shapes.ReferralsOut:
        """Give a customer its code, where it is from before there were referrals. Twice is once."""
        return cast(
            "shapes.ReferralsOut",
            self._caller.call("POST", filled("/customers/{customer_id}/referrals/link", customer_id), key=key),
        )


class SpendManagement:
    """Spend management."""

    def __init__(self, caller: Caller) -> None:
        self._caller = caller

    def read(self, customer_id: str) -> shapes.SpendManagement:
        """Read what holds on each UTC day."""
        return cast(
            "shapes.SpendManagement",
            self._caller.call("GET", filled("/customers/{customer_id}/spend_management", customer_id)),
        )

    def replace(
        self, customer_id: str, body: shapes.SpendManagement, *, key: str | None = None
    ) -> shapes.SpendManagement:
        """Replace the set, or refuse it whole."""
        return cast(
            "shapes.SpendManagement",
            self._caller.call("PUT", filled("/customers/{customer_id}/spend_management", customer_id), body, key=key),
        )


class SshKeys:
    """Ssh keys."""

    def __init__(self, caller: Caller) -> None:
        self._caller = caller

    def listed(self, customer_id: str, *, limit: int | None = None, cursor: str | None = None) -> shapes.Page_SshKeyOut:
        """List the SSH keys of a customer's members, the newest first."""
        return cast(
            "shapes.Page_SshKeyOut",
            self._caller.call(
                "GET",
                filled("/customers/{customer_id}/ssh_keys", customer_id),
                query=given({"limit": limit, "cursor": cursor}),
            ),
        )


class Statement:
    """Statement."""

    def __init__(self, caller: Caller) -> None:
        self._caller = caller

    def read(
        self, customer_id: str, *, limit: int | None = None, cursor: str | None = None, from_: str, to: str
    ) -> shapes.StatementOut:
        """Read the statement of account of any UTC days, and its documents and payments page by page."""
        return cast(
            "shapes.StatementOut",
            self._caller.call(
                "GET",
                filled("/customers/{customer_id}/statement", customer_id),
                query=given({"limit": limit, "cursor": cursor, "from": from_, "to": to}),
            ),
        )

    def make(self, customer_id: str, body: shapes.StatementIn, *, key: str | None = None) -> shapes.StatementPaper:
        """Let the statement of any UTC days be made as a PDF, which is kept: of days that are over it is made once."""
        return cast(
            "shapes.StatementPaper",
            self._caller.call("POST", filled("/customers/{customer_id}/statement/pdf", customer_id), body, key=key),
        )

    def pdf(self, customer_id: str, paper_id: str) -> bytes:
        """Read a statement as a PDF: made once, and the same for ever. Until it is made: 409 `file_not_made`."""
        return self._caller.download(filled("/customers/{customer_id}/statement/pdf/{paper_id}", customer_id, paper_id))


class Subscriptions:
    """Subscriptions."""

    def __init__(self, caller: Caller) -> None:
        self._caller = caller

    def cancel(self, customer_id: str, *, key: str | None = None) -> shapes.SubscriptionOut:
        """Cancel the plan to the end of its period."""
        return cast(
            "shapes.SubscriptionOut",
            self._caller.call("DELETE", filled("/customers/{customer_id}/subscription", customer_id), key=key),
        )

    def read(self, customer_id: str) -> shapes.SubscriptionOut:
        """Read what the customer has of the plans."""
        return cast(
            "shapes.SubscriptionOut",
            self._caller.call("GET", filled("/customers/{customer_id}/subscription", customer_id)),
        )

    def change(
        self, customer_id: str, body: shapes.SubscriptionChange, *, key: str | None = None
    ) -> shapes.SubscriptionOut:
        """Report how many seats are in use."""
        return cast(
            "shapes.SubscriptionOut",
            self._caller.call("PATCH", filled("/customers/{customer_id}/subscription", customer_id), body, key=key),
        )

    def keep(self, customer_id: str, *, key: str | None = None) -> shapes.SubscriptionOut:
        """Keep a plan that was cancelled."""
        return cast(
            "shapes.SubscriptionOut",
            self._caller.call(
                "DELETE", filled("/customers/{customer_id}/subscription/cancellation", customer_id), key=key
            ),
        )


class TaxRegistrations:
    """Tax registrations."""

    def __init__(self, caller: Caller) -> None:
        self._caller = caller

    def read(self, customer_id: str) -> shapes.Registrations:
        """Read the tax registrations of a customer."""
        return cast(
            "shapes.Registrations",
            self._caller.call("GET", filled("/customers/{customer_id}/tax_registrations", customer_id)),
        )

    def add(self, customer_id: str, body: shapes.RegistrationIn, *, key: str | None = None) -> shapes.RegistrationOut:
        """Add a tax registration."""
        return cast(
            "shapes.RegistrationOut",
            self._caller.call("POST", filled("/customers/{customer_id}/tax_registrations", customer_id), body, key=key),
        )

    def send(self, customer_id: str, body: shapes.CertificateIn, *, key: str | None = None) -> shapes.RegistrationOut:
        """Send a certificate of exemption with its file."""
        return cast(
            "shapes.RegistrationOut",
            self._caller.call(
                "POST", filled("/customers/{customer_id}/tax_registrations/certificates", customer_id), body, key=key
            ),
        )

    def remove(self, customer_id: str, registration_id: str, *, key: str | None = None) -> shapes.RegistrationOut:
        """Remove a tax registration."""
        return cast(
            "shapes.RegistrationOut",
            self._caller.call(
                "DELETE",
                filled("/customers/{customer_id}/tax_registrations/{registration_id}", customer_id, registration_id),
                key=key,
            ),
        )


class TopUps:
    """Top ups."""

    def __init__(self, caller: Caller) -> None:
        self._caller = caller

    def buy(
        self, customer_id: str, body: shapes.TopUpIn | None = None, *, key: str | None = None
    ) -> shapes.PaymentUnderWay:
        """Buy credit for a customer, and answer with the payment as it stands."""
        return cast(
            "shapes.PaymentUnderWay",
            self._caller.call("POST", filled("/customers/{customer_id}/top_ups", customer_id), body or {}, key=key),
        )

    def previewed(
        self, customer_id: str, body: shapes.TopUpFields | None = None, *, key: str | None = None
    ) -> shapes.TopUpPreview:
        """See what a top-up comes to with its tax, and what credit it gives. Nothing is written."""
        return cast(
            "shapes.TopUpPreview",
            self._caller.call(
                "POST", filled("/customers/{customer_id}/top_ups/preview", customer_id), body or {}, key=key
            ),
        )


class Usage:
    """Usage."""

    def __init__(self, caller: Caller) -> None:
        self._caller = caller

    def read(self, customer_id: str, *, period: int | None = None) -> shapes.UsageOut:
        """Read what a customer's meters show for a billing period, day by day."""
        return cast(
            "shapes.UsageOut",
            self._caller.call(
                "GET", filled("/customers/{customer_id}/usage", customer_id), query=given({"period": period})
            ),
        )

    def events(
        self,
        customer_id: str,
        *,
        limit: int | None = None,
        cursor: str | None = None,
        meter: str,
        first: str | None = None,
        last: str | None = None,
    ) -> shapes.Page_EventOut:
        """List the events behind a meter's number, the newest first."""
        return cast(
            "shapes.Page_EventOut",
            self._caller.call(
                "GET",
                filled("/customers/{customer_id}/usage_events", customer_id),
                query=given({"limit": limit, "cursor": cursor, "meter": meter, "first": first, "last": last}),
            ),
        )


class UsageAlerts:
    """Usage alerts."""

    def __init__(self, caller: Caller) -> None:
        self._caller = caller

    def read(self, customer_id: str) -> shapes.UsageAlertsOut:
        """Read the usage alerts of a customer."""
        return cast(
            "shapes.UsageAlertsOut",
            self._caller.call("GET", filled("/customers/{customer_id}/usage_alerts", customer_id)),
        )

    def replace(self, customer_id: str, body: shapes.UsageAlertsIn, *, key: str | None = None) -> shapes.UsageAlertsOut:
        """Replace the usage alerts of a customer."""
        return cast(
            "shapes.UsageAlertsOut",
            self._caller.call("PUT", filled("/customers/{customer_id}/usage_alerts", customer_id), body, key=key),
        )

    def ask_again(self, customer_id: str, body: shapes.RecipientIn, *, key: str | None = None) -> shapes.UsageAlertsOut:
        """Send a new link to an address that has not confirmed usage alerts yet; the link before it is over."""
        return cast(
            "shapes.UsageAlertsOut",
            self._caller.call(
                "POST", filled("/customers/{customer_id}/usage_alerts/ask_again", customer_id), body, key=key
            ),
        )


class UsageEvents:
    """Usage events."""

    def __init__(self, caller: Caller) -> None:
        self._caller = caller

    def report(self, body: dict[str, Any] | list[dict[str, Any]], *, key: str | None = None) -> shapes.ReportOut:
        """Report what was used: one event, or up to 1,000 as `events`."""
        return cast("shapes.ReportOut", self._caller.call("POST", "/usage_events", body, key=key))


class WebhookDeliveries:
    """Webhook deliveries."""

    def __init__(self, caller: Caller) -> None:
        self._caller = caller

    def list_all(
        self,
        *,
        limit: int | None = None,
        cursor: str | None = None,
        customer: str | None = None,
        endpoint: str | None = None,
        state: Literal["pending", "delivered", "dead", "dropped"] | None = None,
    ) -> shapes.Page_DeliveryOut:
        """List deliveries, the newest first: to the seller's endpoints and to the customers' own."""
        return cast(
            "shapes.Page_DeliveryOut",
            self._caller.call(
                "GET",
                "/webhook_deliveries",
                query=given(
                    {"limit": limit, "cursor": cursor, "customer": customer, "endpoint": endpoint, "state": state}
                ),
            ),
        )

    def read(self, delivery_id: str) -> shapes.DeliveryWithAttempts:
        """Return a delivery with its body and its tries."""
        return cast(
            "shapes.DeliveryWithAttempts",
            self._caller.call("GET", filled("/webhook_deliveries/{delivery_id}", delivery_id)),
        )

    def redeliver(self, delivery_id: str, *, key: str | None = None) -> shapes.DeliveryOut:
        """Send an event once more."""
        return cast(
            "shapes.DeliveryOut",
            self._caller.call("POST", filled("/webhook_deliveries/{delivery_id}/redeliver", delivery_id), key=key),
        )


class WebhookEndpoints:
    """Webhook endpoints."""

    def __init__(self, caller: Caller) -> None:
        self._caller = caller

    def list_all(self, *, limit: int | None = None, cursor: str | None = None) -> shapes.Page_EndpointOut:
        """List the endpoints, the newest first."""
        return cast(
            "shapes.Page_EndpointOut",
            self._caller.call("GET", "/webhook_endpoints", query=given({"limit": limit, "cursor": cursor})),
        )

    def create(self, body: shapes.EndpointIn, *, key: str | None = None) -> shapes.EndpointCreated:
        """Add an endpoint."""
        return cast("shapes.EndpointCreated", self._caller.call("POST", "/webhook_endpoints", body, key=key))

    def delete(self, endpoint_id: str, *, key: str | None = None) -> None:
        """Delete an endpoint. What still waits for it is dropped."""
        self._caller.call("DELETE", filled("/webhook_endpoints/{endpoint_id}", endpoint_id), key=key)

    def read(self, endpoint_id: str) -> shapes.EndpointOut:
        """Return an endpoint."""
        return cast(
            "shapes.EndpointOut", self._caller.call("GET", filled("/webhook_endpoints/{endpoint_id}", endpoint_id))
        )

    def enable(self, endpoint_id: str, *, key: str | None = None) -> shapes.EndpointOut:
        """Send to an endpoint again that was disabled because it answered 410."""
        return cast(
            "shapes.EndpointOut",
            self._caller.call("POST", filled("/webhook_endpoints/{endpoint_id}/enable", endpoint_id), key=key),
        )

    def rotate_secret(self, endpoint_id: str, *, key: str | None = None) -> shapes.EndpointOut:
        """Make a new secret."""
        return cast(
            "shapes.EndpointOut",
            self._caller.call("POST", filled("/webhook_endpoints/{endpoint_id}/rotate_secret", endpoint_id), key=key),
        )

    def read_secret(self, endpoint_id: str) -> shapes.SecretOut:
        """Return the secret that signs what is sent to an endpoint."""
        return cast(
            "shapes.SecretOut", self._caller.call("GET", filled("/webhook_endpoints/{endpoint_id}/secret", endpoint_id))
        )


class Operations:
    """Every operation, by its resource."""

    def _connect(self, caller: Caller) -> None:
        self.authorizations = Authorizations(caller)
        self.auto_recharge = AutoRecharge(caller)
        self.balance_transactions = BalanceTransactions(caller)
        self.balances = Balances(caller)
        self.bank_transfers = BankTransfers(caller)
        self.catalog = Catalog(caller)
        self.credit_codes = CreditCodes(caller)
        self.credit_grants = CreditGrants(caller)
        self.customer_webhook = CustomerWebhook(caller)
        self.customers = Customers(caller)
        self.frame_origins = FrameOrigins(caller)
        self.invoice_address = InvoiceAddress(caller)
        self.invoice_changes = InvoiceChanges(caller)
        self.invoice_corrections = InvoiceCorrections(caller)
        self.invoice_files = InvoiceFiles(caller)
        self.invoice_notifications = InvoiceNotifications(caller)
        self.invoices = Invoices(caller)
        self.mandates = Mandates(caller)
        self.members = Members(caller)
        self.notification_channel = NotificationChannel(caller)
        self.payment_methods = PaymentMethods(caller)
        self.payments = Payments(caller)
        self.plan_changes = PlanChanges(caller)
        self.plan_requests = PlanRequests(caller)
        self.portal_sessions = PortalSessions(caller)
        self.price_changes = PriceChanges(caller)
        self.referrals = Referrals(caller)
        self.spend_management = SpendManagement(caller)
        self.ssh_keys = SshKeys(caller)
        self.statement = Statement(caller)
        self.subscriptions = Subscriptions(caller)
        self.tax_registrations = TaxRegistrations(caller)
        self.top_ups = TopUps(caller)
        self.usage = Usage(caller)
        self.usage_alerts = UsageAlerts(caller)
        self.usage_events = UsageEvents(caller)
        self.webhook_deliveries = WebhookDeliveries(caller)
        self.webhook_endpoints = WebhookEndpoints(caller)
