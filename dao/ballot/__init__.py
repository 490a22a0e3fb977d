"""Ballots on paper: the files that carry a request, a signed ballot or a proof of its count, in published shapes."""
