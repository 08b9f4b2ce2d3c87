"""The payment processor behind its gateway, and its sandbox."""
