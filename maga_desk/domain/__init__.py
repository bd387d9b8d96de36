"""Plain data that every other room speaks: specs, events, control, matrices, forget sets, errors.

Nothing here imports torch, Qt or SQL; numpy and pydantic are all it needs.
"""
