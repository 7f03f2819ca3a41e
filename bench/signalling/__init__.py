"""Measurements of the signalling core: what it costs to store, to route and to tell."""
