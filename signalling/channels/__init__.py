"""Ways to a customer that are not the socket."""
