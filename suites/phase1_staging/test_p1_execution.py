"""Phase 1, staging soak: did it run as planned, on a product that is really there?

Runbook lines P1-EXE-02 to 05.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from harness.judge import course, product, slos, watched
from harness.judge.limit import Wording
from harness.observe.load.plan import KINDS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fixtures.decide import Decide
    from fixtures.product import Product
    from harness.evidence.phase import Watch
    from harness.runbook import Line

pytestmark = pytest.mark.staging


@pytest.mark.runbook("P1-EXE-02")
def test_p1_exe_02_health_answers_on_every_pod_and_through_the_ingress(
    soak: Watch, product_of: Product, decide: Decide
) -> None:
    """A page for people with status 200 is no health document."""
    decide(course.trusted(product.health_is_real(product_of.health, product_of.health_trouble), soak.course))


@pytest.mark.runbook("P1-EXE-03")
def test_p1_exe_03_the_soak_traffic_went_out_and_its_answers_are_valid(line: Line, soak: Watch, decide: Decide) -> None:
    """Each kind of conversation came to its end, every request is accounted for, every answer is schema v2."""
    valid = slos.never(soak.invalid, line.limits.count("need_answers"), wording=Wording("not valid v2", "answers"))
    decide(watched.every({"traffic": slos.ran_as_planned(soak.ran, KINDS, soak.course), "answers": valid}))


@pytest.mark.context
@pytest.mark.runbook("P1-EXE-04")
def test_p1_exe_04_a_conversation_keeps_its_session(line: Line, soak: Watch, decide: Decide) -> None:
    """An answer under another session id is somebody else's conversation."""
    wording = Wording("under another session id", "answers")
    decide(slos.never(soak.foreign, line.limits.count("need_answers"), wording=wording))


@pytest.mark.runbook("P1-EXE-05")
def test_p1_exe_05_the_products_own_figures_are_there_and_agree(
    soak: Watch, product_of: Product, alphas: Mapping[str, float], decide: Decide
) -> None:
    """An error with status 200, a null or a text is no figure; a good one that users did not get is a wrong one."""
    ours = slos.spoken_of(slos.all_six("P1", soak.six, soak.limits, alphas))
    said = product.complies(product_of.documents, ours, limits=product_of.limits)
    decide(course.trusted(said, soak.course, holes=soak.undocumented))
