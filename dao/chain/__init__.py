"""Everything that talks to a node: calls, logs, signers, transactions, and the local node itself."""
