"""What speed costs: figures and ratios, measured side by side; never a test with a stop-watch."""
