"""Beyond the runbook: what its intent needs."""
