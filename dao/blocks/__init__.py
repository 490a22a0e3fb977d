"""Headers, receipts and tries of the execution layer, as values and as RLP."""
