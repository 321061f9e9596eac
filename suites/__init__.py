"""The runbook, executable: one folder a section, one sentence a test."""
