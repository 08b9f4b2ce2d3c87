"""The bugs of notifications where people work: chats, their secret addresses, and the weekly digest."""

from tests.mutants.bug import Bug

CHANNELS = "tests/services/webhooks/test_channels.py"
CHAT = "tests/domain/messages/test_chat.py"
DIGEST = "tests/services/alerts/test_weekly_digest.py"
WEEKS = "tests/domain/messages/test_weeks.py"
WHOSE, WORDS = "tests/services/mail/test_whose_language.py", "tests/services/mail/test_mail_languages.py"
TALK = "app/services/mail/whose_language.py"

BUGS = [
    Bug(
        "a host that sends back what it has read ends what is to be confirmed",
        "app/api/v1/invoice_notifications.py",
        ", keeps_pending=True",
        "",
        ("tests/api/test_invoice_notifications.py",),
    ),
    Bug(
        "an address that is billing e-mail and recipient is asked twice",
        "app/services/customers/invoice_recipients.py",
        "            wanted.pop(mailboxes.kept(email), None)\n",
        "            pass\n",
        ("tests/pages/test_invoice_notifications.py",),
    ),
    Bug(
        "the present billing e-mail leaves another one waiting",
        "app/services/customers/invoice_recipients.py",
        "pending is not None and email == customer.email and not keeps_pending\n",
        "False\n",
        ("tests/pages/test_invoice_notifications.py",),
    ),
    Bug(
        "bank transfers are ordered without the order number that their invoice needs",
        "app/services/bank_transfers/placing.py",
        "why_not=top_ups.po_refusal(session, customer, catalog) or changed",
        "why_not=changed",
        ("tests/services/payments/test_po_numbers.py",),
    ),
    Bug(
        "the log of tries keeps a chat's whole address",
        "app/services/webhooks/deliveries.py",
        '"url": claim.to.shown,',
        '"url": claim.to.url,',
        (f"{CHANNELS}::test_the_address_is_in_no_table_no_log_and_no_page_of_the_log",),
    ),
    Bug(
        "a customer's name mentions a whole channel in Slack",
        "app/domain/messages/chat.py",
        'return text.replace("&", "&amp;").replace("<", "&lt;")',
        'return text.replace("&", "&amp;")',
        (f"{CHAT}::test_a_customers_name_stays_a_name_in_slack",),
    ),
    Bug(
        "a message that may be there already does not say so",
        "app/services/webhooks/deliveries.py",
        "        body = chat.again(to.form, body)\n",
        "        pass\n",
        (f"{CHANNELS}::test_what_may_be_there_already_says_that_it_is_sent_again",),
    ),
    Bug(
        "nobody waits as long as Slack asks",
        "app/services/webhooks/deliveries.py",
        "now + (max(pause, asked) if asked else pause)",
        "now + pause",
        (f"{CHANNELS}::test_it_is_waited_as_long_as_slack_asks_and_nothing_else_is_sent_meanwhile",),
    ),
    Bug(
        "a paused channel still receives messages",
        "app/services/webhooks/fan_out.py",
        ', ChatChannel.state == "active")',
        ")",
        (f"{CHANNELS}::test_a_paused_channel_gets_nothing_and_nothing_afterwards",),
    ),
    Bug(
        "a digest that is written stays due",
        "app/services/alerts/weekly_digest.py",
        "        row.next_at = weeks.next_monday(row.time_zone, now)\n",
        "",
        (f"{DIGEST}::test_it_is_written_once_a_week_on_monday_morning",),
    ),
    Bug(
        "Monday morning is one in UTC",
        "app/domain/messages/weeks.py",
        "due = datetime.combine(monday, MORNING, place).astimezone(UTC)",
        "due = datetime.combine(monday, MORNING, UTC)",
        (f"{WEEKS}::test_it_is_due_on_monday_morning_by_the_clock_on_the_wall",),
    ),
    Bug(
        "a mail is in the language of another customer's member who has the address",
        TALK,
        "        whose = whose.join(Membership, here)\n",
        "        assert here is not None\n",
        (f"{WHOSE}::test_a_mail_to_an_address_is_in_the_language_of_the_customers_member_who_has_it",),
    ),
    Bug(
        "whoever has the address already is written to in the language of whoever wants it",
        TALK,
        "whose.order_by(Member.email != address)",
        "whose.order_by(Member.email == address)",
        (f"{WHOSE}::test_whoever_has_the_address_already_reads_so_in_their_own_language",),
    ),
    Bug(
        "a mail to the seller is in a member's language",
        TALK,
        "    if mail.template in TO_THE_SELLER:\n        return ENGLISH\n",
        "",
        (f"{WHOSE}::test_a_mail_to_the_seller_stays_english",),
    ),
    Bug(
        "a mail is in a language that is not offered",
        TALK,
        "if each and (known := offered(each))",
        "if (known := each)",
        (f"{WHOSE}::test_a_mail_about_a_sign_in_is_in_the_language_that_the_member_chose",),
    ),
    Bug(
        "a line of Hebrew that begins with a name goes from left to right",
        "app/services/mail/payment_text.py",
        'return strong[:1] == ["L"] and len(set(strong)) > 1',
        "return False",
        (f"{WORDS}::test_a_mail_goes_from_right_to_left_in_hebrew",),
    ),
    Bug(
        "a chat is written in the language of whoever tries it",
        "app/services/webhooks/chat_text.py",
        "@in_english\ndef test_of(",
        "def test_of(",
        ("tests/services/webhooks/test_chat_text.py::test_a_chat_reads_english_whoever_asks_for_the_message",),
    ),
]
