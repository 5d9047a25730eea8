"""Template tags of `jobs`."""
