"""Load as an open model: what is due is due, whatever the target does."""
