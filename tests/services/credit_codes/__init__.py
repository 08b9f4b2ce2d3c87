"""Tests of codes for credit: made, redeemed and guessed."""
