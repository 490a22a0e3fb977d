"""Files that people write: strict YAML, exact quantities, errors that name file, line and field."""
