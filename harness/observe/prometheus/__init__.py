"""A Prometheus server as a source: the product's counters as they were scraped, and its alerts."""
