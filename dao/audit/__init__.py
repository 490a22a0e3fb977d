"""The audit: what was replayed from raw logs against what the logs claim and what the contracts answer."""
