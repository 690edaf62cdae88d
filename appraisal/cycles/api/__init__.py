"""Endpoints of cycles, of their deadlines, and of what people are told."""
