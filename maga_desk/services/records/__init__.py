"""The record of an erasure: read from a run, built, signed, written, and checked."""
