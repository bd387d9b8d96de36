"""What the nets of one run say of every single picture, as plain data."""
