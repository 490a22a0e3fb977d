"""The file that a deployment is made from, and the contract arguments that follow from it."""
