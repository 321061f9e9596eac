"""The published JSON Schemas, and what they are made from."""
