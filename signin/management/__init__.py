"""Operators' commands of `signin`."""
