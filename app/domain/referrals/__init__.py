"""Referrals: what an inviter earns from what the invited customer pays."""
