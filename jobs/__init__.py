"""What was done, when, and what came of it? Schedules, runs, ledger, alerts, status pages."""
