"""One file for each proposer; the registry lists them."""
