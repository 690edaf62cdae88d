"""Endpoints of development: plans, check-ins and training needs; improvement plans."""
