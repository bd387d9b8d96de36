"""What the dialog about an erasure request is made of."""
