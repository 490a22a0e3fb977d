"""From nodes to evidence."""
