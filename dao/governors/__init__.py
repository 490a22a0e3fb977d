"""The replay of any Governor that is built on OpenZeppelin's, and of Compound's."""
