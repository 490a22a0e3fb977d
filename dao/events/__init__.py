"""Contract events: raw logs, and one frozen value per Solidity event."""
