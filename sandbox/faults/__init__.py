"""What can go wrong on demand, and which runbook line must notice."""
