"""Codes for credit: made by the seller, redeemed by customers."""
