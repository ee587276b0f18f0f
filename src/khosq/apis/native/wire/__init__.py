"""Our own JSON: what comes in is strict, what goes out is complete."""
