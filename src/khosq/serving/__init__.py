"""HTTP matters that every door shares: bodies, answers, errors, deadlines, log lines, measures."""
