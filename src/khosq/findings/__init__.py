"""What analyses found in jobs, one row each."""
