"""A real Chromium walks the product; skipped where there is none."""
