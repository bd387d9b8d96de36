"""Finding pictures by what is known of them: a line of words and comparisons."""
