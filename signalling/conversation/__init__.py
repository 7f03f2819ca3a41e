"""A conversation and its timeline: messages, calls, cart, orders, payments and consent in one order on one clock."""
