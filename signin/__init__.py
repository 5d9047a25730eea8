"""Who is it? Passwords, second factors, sessions, and the history of signing in."""
