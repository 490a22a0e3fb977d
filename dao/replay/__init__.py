"""The replay: a specification of the deployment over its raw logs, pure and without a node."""
