"""The regulation as data: read strictly from rule files, frozen, checked, and known by its digest."""
