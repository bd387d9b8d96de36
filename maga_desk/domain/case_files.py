"""The file in which a whole case goes from one machine to another."""

SUFFIX = ".case"
"""How its name ends."""
