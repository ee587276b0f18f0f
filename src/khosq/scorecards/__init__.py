"""Tenants' scorecards and their revisions, what came of them in jobs, and what people say to that."""
