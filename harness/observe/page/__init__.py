"""Looking at the product's page in a real Chromium."""
