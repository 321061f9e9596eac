"""What was seen, kept: one writer (the collector), any number of readers."""
