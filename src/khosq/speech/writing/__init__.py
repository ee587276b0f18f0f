"""From words as heard to words as written: numbers in digits, marks, capitals."""
