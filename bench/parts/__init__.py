"""What `bench/gas.py` measures beside the reward policy."""
