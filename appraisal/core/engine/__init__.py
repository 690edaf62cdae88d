"""Which rules fire: a policy's incident rules, bands and outcomes, compiled for the subset durable_rules decides safely."""
