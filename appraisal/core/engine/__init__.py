"""Which rules fire: a policy's incident rules, bands and outcomes compiled for durable_rules, inside the subset it gets right."""
