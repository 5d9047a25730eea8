"""Template tags of `crm`."""
