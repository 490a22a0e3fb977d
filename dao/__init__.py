"""reward-dao: votes on how a network rewards compute and data, made binding on chain and provable from its logs."""
