"""What follows from the hash of a block: headers, state, logs, code."""
