"""The evidence of an audit: a folder of checksummed parts."""
