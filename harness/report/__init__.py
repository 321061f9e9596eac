"""What a run leaves, and the decision made of it."""
