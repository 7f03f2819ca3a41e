"""Payment providers: each takes a payment request and tells how it ended."""
