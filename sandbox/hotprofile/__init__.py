"""A stand-in for the Hot Profile Web API: for development, the demo and tests; reads only."""
