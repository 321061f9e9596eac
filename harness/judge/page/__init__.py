"""Judging what was seen on the page: pure, from records alone."""
