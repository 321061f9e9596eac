"""Who says what, and whether it may be acted on: envelopes, keys, statements of people, verification, promotion."""
