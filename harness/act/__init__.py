"""What changes a target, and puts back what it found."""
