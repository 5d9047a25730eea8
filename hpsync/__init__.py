"""Composition: settings, tasks, routes, the access gate, health. Owns no rule of the product."""
