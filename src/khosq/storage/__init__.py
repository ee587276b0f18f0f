"""Where rows and bytes are kept. Knows no domain word."""
