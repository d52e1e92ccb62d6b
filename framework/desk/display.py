"""How results look as the last line of a notebook cell.

Types are named, not imported: registering costs nothing until one of them is shown.
"""

import json
from collections.abc import Callable, Iterator
from importlib import import_module
from typing import Any, Final

type Bundle = dict[str, Any]
type Bundles = Callable[[Any], Iterator[Bundle]]


def register() -> None:
    """Teach the running notebook kernel to show our results; outside a kernel, nothing."""
    from IPython.core.getipython import get_ipython

    shell: Any = get_ipython()
    if shell is None or not hasattr(shell, "kernel"):  # a terminal shows the one-line repr
        return
    formatter = shell.display_formatter.ipython_display_formatter
    for (module, name), bundles in SHOWN.items():
        formatter.for_type_by_name(module, name, _shower(bundles))


def bars_bundles(bars: Any) -> Iterator[Bundle]:
    """A table of the symbols."""
    yield _html("bars_view", bars)


def weights_bundles(weights: Any) -> Iterator[Bundle]:
    """A table of the last decision."""
    yield _html("weights_view", weights)


def result_bundles(result: Any) -> Iterator[Bundle]:
    """Headline figures, then worth and drawdown."""
    yield _html("result_view", result)
    yield _figure("worth_and_drawdown", result)


def walk_forward_bundles(walk: Any) -> Iterator[Bundle]:
    """What each fold chose and what became of it, then the account as any other."""
    yield _html("walk_forward_view", walk)
    yield from result_bundles(walk)


def robustness_bundles(found: Any) -> Iterator[Bundle]:
    """A figure for each thing that was changed, or the reason why it was not."""
    yield _html("robustness_view", found, module="robust_views")
    own = found.own["sharpe_ratio"]
    drawn: dict[str, tuple[str, tuple[Any, ...]]] = {
        "lags": ("lags", (found.lags,)),
        "costs": ("costs", (found.costs,)),
        "starts": ("starts", (found.starts,)),
        "symbols": ("symbols", (found.symbols, own)),
        "noise": ("noise", (found.noise if found.noise is None else found.noise["sharpe_ratio"], own)),
        "capacity": ("capacity_curve", (found.capacity,)),
    }
    for part, (figure, arguments) in drawn.items():
        yield _html("part_view", found, part, module="robust_views")
        if arguments[0] is not None:
            yield _figure(figure, *arguments)


def tearsheet_bundles(sheet: Any) -> Iterator[Bundle]:
    """The table of statistics."""
    yield _html("tearsheet_view", sheet)


def verdict_bundles(verdict: Any) -> Iterator[Bundle]:
    """The table of reasons."""
    yield _html("verdict_view", verdict)


def judgement_bundles(judgement: Any) -> Iterator[Bundle]:
    """Claim and verdict, worth against the benchmark, the tearsheet, the months, the checks."""
    yield _html("judgement_view", judgement)
    yield _figure(
        "worth_and_drawdown", judgement.result, benchmark=judgement.benchmark and judgement.benchmark.prices
    )
    yield _html("tearsheet_view", judgement.tearsheet)
    yield _html("months_view")
    yield _figure("monthly_heatmap", judgement.result.worth)
    yield _html("checks_view", judgement)


SHOWN: Final[dict[tuple[str, str], Bundles]] = {
    ("framework.data.bars", "Bars"): bars_bundles,
    ("framework.strategy.weights", "TargetWeights"): weights_bundles,
    ("framework.simulation.result", "BacktestResult"): result_bundles,
    ("framework.desk.walk_forward", "WalkForward"): walk_forward_bundles,
    ("framework.desk.robustness", "Robustness"): robustness_bundles,
    ("framework.statistics.tearsheet", "Tearsheet"): tearsheet_bundles,
    ("framework.statistics.verdict", "Verdict"): verdict_bundles,
    ("framework.desk.judgement", "Judgement"): judgement_bundles,
}


def _shower(bundles: Bundles) -> Callable[[Any], None]:
    def show(thing: Any) -> None:
        from IPython.core.display_functions import publish_display_data

        for bundle in bundles(thing):
            publish_display_data({"text/plain": repr(thing)} | bundle)  # type: ignore[no-untyped-call]

    return show


def _html(view: str, *things: Any, module: str = "views") -> Bundle:
    return {"text/html": getattr(import_module(f"framework.desk.{module}"), view)(*things)}


def _figure(name: str, *arguments: Any, **options: Any) -> Bundle:
    """A plotly figure as its JSON alone, which JupyterLab draws itself; no script goes into the notebook."""
    figure = getattr(import_module("framework.statistics.figures"), name)(*arguments, **options)
    return {"application/vnd.plotly.v1+json": json.loads(figure.to_json())}
