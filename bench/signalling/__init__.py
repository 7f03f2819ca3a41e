"""What the signalling core costs: sockets, chat, queue, orders; on SQLite in a process of its own, beside a bare aiohttp echo in the same
run."""
