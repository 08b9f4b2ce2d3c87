"""Two small catalogs."""

SMALL = """\
name = "small"
title = "Small"

[seller]
name = "Small Ltd"

[credits]
currency = "USD"
unit = "USD"

[top_up]
min = "5.00"
max = "5000.00"

[[meters]]
key = "requests"
title = "Requests"
description = "API calls"
unit = "requests"
credits = "0.40"
per = 1000

[plans]
default = "free"

[[plans.tiers]]
key = "free"
title = "Free"
monthly = "0"

[[plans.tiers]]
key = "paid"
title = "Paid"
monthly = "10.00"
allowances = { requests = 1000 }
limits = { requests = 5000 }
seats = { included = 2, max = 5, monthly = "3.00" }
"""

TOKENS = """\
name = "tokens"
title = "Tokens"
seller = { name = "Tokens Ltd" }
credits = { currency = "EUR", unit = "tokens" }

[[packs]]
key = "one"
title = "One"
credits = "1000"
price = "5.00"

[[packs]]
key = "two"
title = "Two"
credits = "2500"
price = "10.00"

[plans]
default = "free"
tiers = [
    { key = "free", title = "Free", monthly = "0" },
]

[auto_recharge]
offered = true
threshold = "500"
pack = "two"
"""
