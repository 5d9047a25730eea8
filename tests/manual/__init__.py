"""The built-in manual."""
