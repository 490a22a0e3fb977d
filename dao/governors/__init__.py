"""The replay of governors that others built: OpenZeppelin's of 4.3 and later, and Compound's GovernorBravo."""
