"""The door for other systems: an HTTP API under `/api/v1/`, and the tokens that open it."""
