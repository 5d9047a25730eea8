"""What every template of the product may use, whichever package its page belongs to."""
