"""The collector: one process per run that observes a target and is the only writer of its evidence.

`python -m harness.observe.collector --run DIR --phase canary` reads DIR/target.json (a harness.target.Target)
and writes DIR/evidence.db, DIR/identity.json and DIR/collector.log. It ends by itself when everything planned
is in (exit 0; 1 if something planned is missing, 4 for wrong use), and early, keeping what is in, on SIGTERM,
SIGINT or the end of its standard input where that is a pipe (exit 3).
"""
