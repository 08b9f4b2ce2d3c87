"""Referrals: what the invited pay is counted for their inviter, and given as credit for each month."""
