"""Tests of the shape of the code: they read it, they do not run it."""
