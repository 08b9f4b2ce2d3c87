"""Others that keep balances, on the same work as the portal: post credits, read a balance, list its history."""
