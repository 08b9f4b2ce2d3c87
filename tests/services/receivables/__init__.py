"""Tests of documents: invoices, credit notes and receipts."""
