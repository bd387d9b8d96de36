"""Making the bundle: its environment, the frozen folder, what is left out of it, and what is made of it."""
