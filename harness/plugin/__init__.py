"""The pytest plugin: turns `pytest -m PHASE` into a recorded verification of a target.

Loaded with `-p harness.plugin`, so that it stands before any conftest file; its parts:

- options: what can be asked for; selection: whether this is a verification at all
- rerooting: paths given as options do not move the project
- opening: the run's folder and ledger, from before the first conftest to the exit status
- collection: only tests that a runbook line owns, and the plan
- serving: the target and the collector
- deciding: each test says exactly one verdict
- tagging: what the Allure report needs to tell runs and environments apart
- console: what a person reads
"""

pytest_plugins = (
    "harness.plugin.options",
    "harness.plugin.opening",
    "harness.plugin.rerooting",  # after opening: of two that want to be first, the later one is
    "harness.plugin.collection",
    "harness.plugin.recording",
    "harness.plugin.deciding",
    "harness.plugin.console",
)
