"""Ballots that are signed in one place and sent from another: asked for, signed, checked, relayed."""
