"""MaGA Desk: machine unlearning of image classifiers, in a window and from the command line."""

__version__ = "0.1.0"
