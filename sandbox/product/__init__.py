"""The product's stand-in: one pod of the OneSource backend, with its web page."""
