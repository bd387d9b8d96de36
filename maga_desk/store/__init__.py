"""Sessions, proposals, edits, runs and their figures in one SQLite file, behind one owner thread. No torch, no Qt."""
