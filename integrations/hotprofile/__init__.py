"""The client of the Hot Profile Web API: plain Python, reads only."""
