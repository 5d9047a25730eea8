"""What comes in by itself: companies and leads pulled from a Hot Profile tenant."""
