"""The doors: REST and the socket. Both serve the same operations; neither decides anything."""
