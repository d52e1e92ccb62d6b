"""Judgement: every published number, with its interval and its n.

Returns are simple, per period and as fractions; worth is in USD at each close, the capital first. Wherever a formula
takes moments, the Sharpe ratio is per period (not annualised) and the kurtosis raw (3 for the normal).
"""

from framework.statistics.benchmark import Regression, alpha, beta, correlation, regress
from framework.statistics.bootstrap import Interval, bootstrap_interval, optimal_block_length
from framework.statistics.chance import ChanceTest, permutation_test, random_entry_test
from framework.statistics.drawdown import (
    Drawdown,
    deepest_drawdown,
    drawdowns,
    max_drawdown,
    pain_index,
    ulcer_index,
)
from framework.statistics.effective import EffectiveTrials, effective_trials
from framework.statistics.evidence import Evidence, Neighbours, SearchEvidence, search_evidence
from framework.statistics.gates import Gates
from framework.statistics.losses import expected_shortfall, value_at_risk
from framework.statistics.plateau import plateau
from framework.statistics.ratios import (
    annual_volatility,
    calmar_ratio,
    downside_deviation,
    kappa_ratio,
    martin_ratio,
    omega_ratio,
    pain_ratio,
    sharpe_ratio,
    sortino_ratio,
    tail_ratio,
)
from framework.statistics.reason import Reason
from framework.statistics.returns import (
    cagr,
    hit_rate,
    monthly_returns,
    profit_factor,
    simple_returns,
    total_return,
)
from framework.statistics.robustness import (
    capacity,
    capacity_table,
    cost_table,
    lag_table,
    start_table,
    weights_table,
)
from framework.statistics.rolling import rolling_statistics
from framework.statistics.selection import overfitting_logits, probability_of_backtest_overfitting
from framework.statistics.significance import (
    Moments,
    adjusted_sharpe_ratio,
    deflated_sharpe_ratio,
    expected_maximum_sharpe,
    minimum_backtest_length,
    minimum_track_record_length,
    moments,
    probabilistic_sharpe_ratio,
)
from framework.statistics.snooping import (
    Resampling,
    reality_check,
    stepwise_superior,
    superior_predictive_ability,
)
from framework.statistics.tearsheet import Statistic, Tearsheet, tearsheet, tearsheet_of_worth
from framework.statistics.trials import deflated_sharpe_ratios, trial_moments
from framework.statistics.uncertainty import sharpe_interval, sharpe_standard_error
from framework.statistics.verdict import Verdict

__all__ = [
    "ChanceTest",
    "Drawdown",
    "EffectiveTrials",
    "Evidence",
    "Gates",
    "Interval",
    "Moments",
    "Neighbours",
    "Reason",
    "Regression",
    "Resampling",
    "SearchEvidence",
    "Statistic",
    "Tearsheet",
    "Verdict",
    "adjusted_sharpe_ratio",
    "alpha",
    "annual_volatility",
    "beta",
    "bootstrap_interval",
    "cagr",
    "calmar_ratio",
    "capacity",
    "capacity_table",
    "correlation",
    "cost_table",
    "deepest_drawdown",
    "deflated_sharpe_ratio",
    "deflated_sharpe_ratios",
    "downside_deviation",
    "drawdowns",
    "effective_trials",
    "expected_maximum_sharpe",
    "expected_shortfall",
    "hit_rate",
    "kappa_ratio",
    "lag_table",
    "martin_ratio",
    "max_drawdown",
    "minimum_backtest_length",
    "minimum_track_record_length",
    "moments",
    "monthly_returns",
    "omega_ratio",
    "optimal_block_length",
    "overfitting_logits",
    "pain_index",
    "pain_ratio",
    "permutation_test",
    "plateau",
    "probabilistic_sharpe_ratio",
    "probability_of_backtest_overfitting",
    "profit_factor",
    "random_entry_test",
    "reality_check",
    "regress",
    "rolling_statistics",
    "search_evidence",
    "sharpe_interval",
    "sharpe_ratio",
    "sharpe_standard_error",
    "simple_returns",
    "sortino_ratio",
    "start_table",
    "stepwise_superior",
    "superior_predictive_ability",
    "tail_ratio",
    "tearsheet",
    "tearsheet_of_worth",
    "total_return",
    "trial_moments",
    "ulcer_index",
    "value_at_risk",
    "weights_table",
]
