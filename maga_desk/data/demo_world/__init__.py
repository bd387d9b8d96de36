"""The demo world: the embedded default data, 20 kinds of drawn things in 5 families."""
