"""Use cases of development: personal plans, check-ins, training needs, improvement plans."""
