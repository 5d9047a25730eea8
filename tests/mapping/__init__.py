"""Mapping: converters, plans, rules, the page."""
