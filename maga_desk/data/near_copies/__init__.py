"""Finding pictures that show the same though their pixels differ: hashes propose pairs, pixels decide."""
