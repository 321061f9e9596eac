"""Pure functions from what was seen to a verdict: no I/O, no clock, no chance without a seed."""
