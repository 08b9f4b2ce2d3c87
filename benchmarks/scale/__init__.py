"""More than one machine, all on this one: a primary and its replica, PgBouncer, Redis, web processes, workers."""
