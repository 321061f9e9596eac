"""Plugin list. No fixture, no hook, no logic."""

pytest_plugins = [
    "fixtures.clock",
    "fixtures.run",
    "fixtures.line",
    "fixtures.decide",
    "fixtures.evidence",
    "fixtures.ingress",
    "fixtures.cluster",
    "fixtures.watch",
    "fixtures.comparison",
    "fixtures.aftermath",
    "fixtures.product",
    "fixtures.flags",
    "fixtures.deployed",
    "fixtures.monitors",
    "fixtures.memory",
    "fixtures.drills",
    "fixtures.rollout",
    "fixtures.papers",
    "fixtures.checklist",
    "fixtures.escalation",
]
