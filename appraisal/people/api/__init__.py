"""Endpoints of people: the organisation, and accounts with whatever opens a door."""
