"""Dunning: unpaid invoices are collected by their schedule."""
