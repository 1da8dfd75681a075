"""Where sites live: the client of their APIs and what keeps the store in step with them."""
