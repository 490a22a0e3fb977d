"""The report of an audit as one HTML file that loads nothing."""
