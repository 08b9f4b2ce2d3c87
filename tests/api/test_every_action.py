"""Whatever a page can change the API can change too, or this table says why not: kept true by the routes themselves."""

from flask import Flask

from app.api.contract.openapi import operations_of
from tests.support.routes import UNSAFE, rules_of

BROWSER = "the browser's: "
MEMBER = "the member's own: "
READS = "it changes nothing of the customer's: "
TABLE = {
    "add_credits.buy": "top_ups.buy",
    "add_credits.give_up": "payments.cancel",
    "add_credits.go_on": "payments.resume",
    "activity.undo": MEMBER + "a program sends what was there before",
    "access_links.make": MEMBER + "a link for somebody who is no member; a program has a key of its own",
    "access_links.revoke": MEMBER + "what a member has made",
    "authentication.cancel_email": MEMBER + "the address that they sign in with",
    "authentication.change_email": MEMBER + "the address that they sign in with",
    "authentication.change_password": MEMBER + "the password",
    "authentication.end_others": MEMBER + "the sessions",
    "authentication.end_session": MEMBER + "the session",
    "auto_recharge.answer": MEMBER + "a yes is consent to a charge, which a key has none to give",
    "auto_recharge.save": "auto_recharge.replace",
    "auto_recharge.sentence": READS + "it shows the sentence that is accepted",
    "auto_recharge.simulate": READS + "it tries terms on the last 90 days",
    "auto_recharge.stop_everything": "auto_recharge.stop_everything",
    "automatic_charge.answer": MEMBER + "the same consent, by the mailed link",
    "bank_transfers.give_up": "bank_transfers.cancel",
    "bank_transfers.look": "bank_transfers.look",
    "bank_transfers.pdf": "bank_transfers.pdf",
    "confirm_access.confirm": MEMBER + "the password",
    "confirm_access.passkey_options": MEMBER + "a passkey in place of the password",
    "confirm_billing_email.confirm": BROWSER + "whoever reads the mail confirms the address",
    "confirm_billing_email.stop": BROWSER + "whoever reads the mail stops it",
    "confirm_email.confirm": BROWSER + "whoever reads the mail confirms the address",
    "confirm_email.stop": BROWSER + "whoever reads the mail stops it",
    "customers.switch": MEMBER + "for whom the session acts",
    "confirm_sign_in_email.confirm": BROWSER + "the member who asked confirms the address",
    "credit_codes.check": "credit_codes.previewed",
    "credit_codes.redeem": "credit_codes.redeem",
    "forgot_password.ask": MEMBER + "the password",
    "invitation.join": BROWSER + "whoever reads the mail joins",
    "invitation.sign_up": BROWSER + "whoever reads the mail chooses a password",
    "invoice_address.fields": READS + "it shows the fields of a country",
    "invoice_address.save": "invoice_address.replace",
    "invoice_correction.correct": "invoice_corrections.create",
    "invoice_notifications.ask_again": "invoice_notifications.ask_again",
    "invoice_notifications.cancel": "invoice_notifications.cancel",
    "invoice_notifications.save": "invoice_notifications.replace",
    "invoice_payment.give_up": "payments.cancel",
    "invoice_payment.pay": "invoice_changes.pay",
    "invoices.year_mail": MEMBER + "the mail says to a member that a file is there; a program reads it",
    "members.again": MEMBER + "a mail that names the member who invites",
    "members.change_role": "members.change",
    "members.invite": MEMBER + "a mail that names the member who invites; a program has `members.create`",
    "members.leave": MEMBER + "who goes by themselves",
    "members.remove": "members.remove",
    "members.withdraw": MEMBER + "what a member has asked",
    "notifications.pause": "notification_channel.pause",
    "notifications.remove": "notification_channel.remove",
    "notifications.resume": "notification_channel.resume",
    "notifications.save": "notification_channel.replace",
    "notifications.save_digest": MEMBER + "a mail to nobody else",
    "notifications.send_again": "webhook_deliveries.redeliver",
    "notifications.send_test": "notification_channel.send_test",
    "own_account.delete": MEMBER + "who ends their own account",
    "passkeys.add": MEMBER + "what their device keeps",
    "passkeys.options": MEMBER + "the same",
    "passkeys.remove": MEMBER + "the same",
    "payment_methods.add": BROWSER + "the card's number, the bank's question and the mandate: `add_url` leads there",
    "payment_methods.give_up": BROWSER + "what was begun there",
    "payment_methods.make_default": "payment_methods.make_default",
    "payment_methods.mandate_pdf": "mandates.pdf",
    "payment_methods.portal": BROWSER + "the payment processor's own portal",
    "payment_methods.remove": "payment_methods.remove",
    "plan.ask": "plan_requests.write",
    "plan_cancellation.cancel": "subscriptions.cancel",
    "plan_cancellation.keep": "subscriptions.keep",
    "plan_change.confirm": "plan_changes.create",
    "plan_change.look": READS + "it asks the processor at once what a webhook or the next look says",
    "plan_change.undo": "plan_changes.undo",
    "portal_session.change_theme": BROWSER + "the look that the host's page asks for",
    "profile.save": MEMBER + "who they are, and how the portal looks for them",
    "referrals.make_link": "referrals.make_link",
    "reset_password.choose": BROWSER + "whoever reads the mail chooses a password",
    "resume.use": BROWSER + "whoever reads the mail goes on to the bank; a program has `payments.resume`",
    "api_tokens.make": MEMBER + "who may do no more than its member",
    "api_tokens.revoke": MEMBER + "the same; the seller has `revoke-api-key`",
    "ssh_keys.add": MEMBER + "whose key it is; a host reads the keys of all",
    "ssh_keys.remove": MEMBER + "the same",
    "second_factor.enter": MEMBER + "the second step of the sign-in",
    "second_factor.options": MEMBER + "the same",
    "second_factor.use_passkey": MEMBER + "the same",
    "sign_in.passkey_options": MEMBER + "the passkey",
    "sign_in.use_passkey": MEMBER + "the passkey",
    "sign_in.sign_in": MEMBER + "the password",
    "sign_in.sign_out": MEMBER + "the session",
    "spend_management.save": "spend_management.replace",
    "spend_management.simulate": READS + "it tries limits on the last 90 days",
    "statement.pdf": "statement.make",
    "tax_settings.add": "tax_registrations.add",
    "tax_settings.remove": "tax_registrations.remove",
    "tax_settings.send": "tax_registrations.send",
    "two_factor.begin": MEMBER + "their authenticator app",
    "two_factor.new_codes": MEMBER + "their recovery codes",
    "two_factor.switch_off": MEMBER + "their authenticator app",
    "two_factor.switch_on": MEMBER + "their authenticator app",
    "usage.add_alert": "usage_alerts.replace",
    "usage.add_email": "usage_alerts.replace",
    "usage.ask_again": "usage_alerts.ask_again",
    "usage.remove_alert": "usage_alerts.replace",
    "usage.remove_email": "usage_alerts.replace",
    "usage_undo.put_back": "usage_alerts.replace",
    "webhook.rotate": "customer_webhook.rotate",
    "webhook.save": "spend_management.replace",
    "webhook.send_again": "webhook_deliveries.redeliver",
    "webhook.send_test": "customer_webhook.send_test",
    "weekly_digest.stop": BROWSER + "whoever reads the mail stops it",
}
OTHER_SIDE = {"bank_challenge", "dev_processor", "dev_mail", "processor_webhooks"}
"""What pretends to be the processor or the mail server, and where the processor reports."""

WAYS_IN = {"confirm_access", "confirm_sign_in_email", "forgot_password", "reset_password", "second_factor", "sign_in"}
"""How a person gets in, which no program does."""


def is_the_persons(app: Flask, endpoint: str) -> bool:
    """Say whether the action is closed to frames of hosts: it is about the person, and needs no reason in the table."""
    return "is_for_own_sign_in" in app.view_functions[endpoint].__dict__


def test_each_action_of_a_page_has_its_operation_or_a_reason(app: Flask) -> None:
    changing = {
        rule.endpoint
        for rule in rules_of(app)
        if UNSAFE & (rule.methods or set())
        and not rule.endpoint.startswith("v1_")
        and rule.endpoint.partition(".")[0] not in OTHER_SIDE
    }
    own = {each for each in changing if each.partition(".")[0] in WAYS_IN or is_the_persons(app, each)}
    assert changing - own <= set(TABLE) <= changing
    operations = {f"{each.resource}.{each.name}" for each in operations_of(app)}
    named = {said for said in TABLE.values() if not said.startswith((BROWSER, MEMBER, READS))}
    assert named <= operations, named - operations
