"""Tests of referrals: what the invited pay is counted, and given to their inviter."""
