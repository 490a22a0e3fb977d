"""The reward policy in Python: the same integers as `contracts/rewards/`, each function naming its twin."""
