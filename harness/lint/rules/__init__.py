"""One function for each mistake that a file of commands can hold: from a page to its findings."""
