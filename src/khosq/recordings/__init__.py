"""Recordings that tenants gave us: what is known of them, and when their bytes go."""
