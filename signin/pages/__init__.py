"""Pages about signing in and ones own account: views are doors, forms judge what comes in."""
