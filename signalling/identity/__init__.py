"""Who somebody is: shop-signed customers, anonymous visitors, reps, back offices."""
