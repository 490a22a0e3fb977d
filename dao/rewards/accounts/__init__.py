"""What one account is paid for an epoch: exact integer operators and the governed parameters that steer them.

Each file holds one family of operators: a frozen parameter class whose fields stand on chain, and the pure functions
that read it. `allocate` applies a stream's parameters to an epoch's contributions; `dao.rewards.parameters` encodes
them. Units used throughout:

* amounts of a token: wei;
* weights, multipliers, ratios: parts of `WAD` = 10¹⁸;
* shares and percentages of an amount: basis points, parts of 10,000;
* units of contribution and columns of counts: integers as recorded.
"""
