"""The bundle started as a stranger would: a bare system, an empty home, no Python, no checkout in sight."""
