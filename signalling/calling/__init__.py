"""Calls: their states, transfers and supervision, on rooms of the media server."""
