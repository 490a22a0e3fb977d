"""One file per verb: what a holder, proposer or deployer does, from checked arguments to a confirmed effect."""
