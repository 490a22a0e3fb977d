"""Proposals: the file that people write, the calls that the governor executes, the text that voters read on chain."""
