"""The library: observe, judge, record, gate."""
