"""The version of this package, stated here alone: the build and the command line read it, and neither waits for the other."""

__version__ = "0.1.0"
