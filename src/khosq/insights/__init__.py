"""What a tenant's calls say together: volumes, hours, scores, moods."""
