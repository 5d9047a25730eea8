"""Operators' commands of `crm`."""
