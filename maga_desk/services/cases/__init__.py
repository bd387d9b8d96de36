"""Erasure requests as files that move from one machine to another."""
