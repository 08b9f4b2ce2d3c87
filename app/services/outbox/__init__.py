"""The outbox: events for hosts and mails for people, written in the transaction of their fact."""
