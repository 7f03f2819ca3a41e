"""Shops: the demo shop in our own store, and adapters to others."""
