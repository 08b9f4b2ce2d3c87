"""Hearing the processor, and comparing our books with its own."""
