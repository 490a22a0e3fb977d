"""The replay of long histories, over columns; it equals that of dao.replay."""
