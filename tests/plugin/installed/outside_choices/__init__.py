"""What a package outside adds to the program, each in a file of its own; ``entry_points.txt`` beside it names them."""
