"""Notifying people: mails are rendered and sent here."""
