"""Which pictures a query finds."""
