"""Staff appraisal decided from rule files. Nothing is imported here, so that the core stays pure."""
