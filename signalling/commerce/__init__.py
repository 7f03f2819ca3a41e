"""Money, catalogue, carts, orders, payments, and the shops they belong to."""
