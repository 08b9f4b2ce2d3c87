"""The month: what ends, is renewed and is billed for each customer when a billing period is over."""
