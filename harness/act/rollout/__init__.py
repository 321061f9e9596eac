"""The full rollout: a plan that is pure, a site that is written to, a machine that goes from one to the other."""
