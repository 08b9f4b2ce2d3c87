"""What the portal relies on, said only in the words of `PaymentGateway`: every processor behind it must pass."""
