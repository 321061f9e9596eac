"""What the active faults change about an answer: pure rules, so that no handler knows any fault by name.

A handler states the facts of its request and gets the effects. To add a fault, write one rule in the table of
its kind; a new kind of effect is a new field of Effects and one place that honours it.
"""

from sandbox.product.faults.facts import Effects, Facts
from sandbox.product.faults.rules import RULES, effects

__all__ = ["RULES", "Effects", "Facts", "effects"]
