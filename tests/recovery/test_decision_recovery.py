"""A simulated buyer with a known best plan: the recommendation finds it as often as theory says."""

import numpy as np
import pytest
from scipy.stats import binomtest, norm

from lpo_analysis.decision import Parameters, analyse
from lpo_analysis.decision.brief import verdict
from lpo_analysis.decision.portfolio import Portfolio
from lpo_analysis.decision.ways import STAY
from lpo_analysis.methods.frontier import Assignment

pytestmark = pytest.mark.slow
RUNS, DRAWS = 200, 512


def test_the_best_plan_is_found_at_the_rate_of_theory():
    # True gains m of moving each of two tasks by the only way there is; figures miss them by N(0, s), and draws say as much. With a flat
    # prior the draws are N(figure, s), and a task moves where its figure is above 0: with probability Phi(m / s), independently.
    ways = analyse(Parameters(draws=DRAWS, locations=["IND"], delivery_models=["provider"])).ways
    truth, spread = np.array([1.0, -0.6]), 1.0
    due = norm.cdf(truth[0] / spread) * norm.cdf(-truth[1] / spread)
    due_sure = norm.cdf(truth[0] - norm.ppf(0.8)) * norm.cdf(-truth[1])
    rng = np.random.default_rng(20)
    u = norm.ppf((np.arange(DRAWS) + 0.5) / DRAWS)
    found = sure = 0
    for _ in range(RUNS):
        figures = rng.normal(truth, spread)
        gain = np.zeros((DRAWS, 2, 2))
        for task in range(2):
            gain[:, task, 1] = figures[task] + spread * rng.permutation(u)
        assignment = Assignment(
            ("document_review", "legal_research"),
            (STAY, "outside provider, India"),
            gain,
            sizes=np.array([4000.0, 1000.0]),
        )
        portfolio = Portfolio(ways)
        vars(portfolio).update(assignment=assignment, fresh=assignment, rules=())
        best = portfolio.choice(portfolio.chosen) == ("outside provider, India", STAY)
        found += best
        sure += best and verdict(portfolio, 0.0) == "move"
    assert binomtest(found, RUNS, due).pvalue > 0.001
    assert binomtest(sure, RUNS, due_sure).pvalue > 0.001
    assert found > RUNS / 2
