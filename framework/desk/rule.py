"""What a notebook may hand to `backtest`, brought to one form: a rule with a name and an identity."""

import hashlib
import inspect
import re
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd

from framework.data.bars import Bars
from framework.data.suggest import did_you_mean
from framework.errors import SpecError, StrategyError, UnknownSymbol
from framework.strategy.base import Strategy
from framework.strategy.identity import identity
from framework.strategy.weights import TargetWeights

type Answer = TargetWeights | pd.DataFrame
type AnyRule = Strategy | Callable[[Bars], Answer] | TargetWeights


@dataclass(frozen=True)
class FunctionRule:
    """A plain function of bars, as a rule over all the symbols that it is given."""

    function: Callable[[Bars], Answer]
    universe: tuple[str, ...]
    warmup: int = 0

    def weights(self, bars: Bars) -> TargetWeights:
        """What the function answers; a DataFrame is taken as target weights."""
        answer = self.function(bars)
        if isinstance(answer, TargetWeights):
            return answer
        if isinstance(answer, pd.DataFrame):
            return TargetWeights(answer)
        raise StrategyError(
            f"{self.function.__name__} returned {type(answer).__name__}.",
            "A rule answers with TargetWeights or a DataFrame, sessions x symbols.",
            "Return the fraction of equity wanted at each close.",
        )


@dataclass(frozen=True)
class GivenWeights:
    """Weights handed over as numbers. There is no rule behind them whose causality could be proven."""

    given: TargetWeights
    warmup: int = 0

    @property
    def universe(self) -> tuple[str, ...]:
        """The columns of the weights."""
        return self.given.symbols

    def weights(self, bars: Bars) -> TargetWeights:
        """The rows of these sessions; a session without a row holds."""
        return self.given.within(bars.sessions)


@dataclass(frozen=True)
class Subject:
    """A rule under trial.

    Parameters
    ----------
    rule : Strategy
        The rule itself.
    name : str
        Under which its trials are counted.
    parameters : dict
        Its parameters as plain JSON values.
    code_hash : str
        SHA-256 of the source that answers; of nothing where weights were given.
    pinned : bool
        Whether code and parameters determine the answer. What is written in a notebook may read any of its
        variables, and weights may come from anywhere: there the answer itself is part of the trial's identity.
    claim : dict
        Title, claim, source and what would reject it, from the docstring; empty if it states none.
    """

    rule: Strategy
    name: str
    parameters: Mapping[str, Any]
    code_hash: str
    pinned: bool
    claim: Mapping[str, str]


def subject_of(rule: AnyRule, bars: Bars) -> Subject:
    """`rule` as a subject, whatever form it was handed over in.

    Raises
    ------
    SpecError
        It is none of the three forms.
    """
    if isinstance(rule, TargetWeights):
        return Subject(GivenWeights(rule), "given_weights", {}, _hash(b""), pinned=False, claim={})
    if isinstance(rule, Strategy) and not inspect.isclass(rule):
        module = sys.modules[type(rule).__module__]
        pinned = module.__name__ != "__main__"
        return Subject(
            rule, **identity(rule), pinned=pinned, claim=claim_of(module.__doc__ if pinned else "")
        )
    if inspect.isfunction(rule):
        own = FunctionRule(rule, bars.symbols)
        return Subject(own, **identity(rule), pinned=False, claim=claim_of(rule.__doc__))
    raise SpecError(
        f"{rule.__name__ if inspect.isclass(rule) else type(rule).__name__} is not a rule.",
        "A rule is an instance of a strategy, a function from Bars to TargetWeights, or TargetWeights.",
        "Make an instance of the class." if inspect.isclass(rule) else "Hand over one of the three.",
    )


def claim_of(docstring: str | None) -> dict[str, str]:
    r"""Title, claim, source and ground for rejection, as the docstring of a strategy states them.

    >>> claim_of("Hold it.\n\nClaim        It pays.\\nRejected if  it does\n             not.")
    {'title': 'Hold it.', 'claim': 'It pays.', 'rejected_if': 'it does not.'}
    """
    title, _, body = inspect.cleandoc(docstring or "").partition("\n\n")
    parts = re.split(r"^(Claim|Source|Rejected if)\b[ :]*", body, flags=re.MULTILINE)
    stated = dict(zip(parts[1::2], parts[2::2], strict=True))
    found = {"title": title} | {name.lower().replace(" ", "_"): text for name, text in stated.items()}
    return {name: " ".join(text.partition("\n\n")[0].split()) for name, text in found.items() if text.strip()}


def narrowed(bars: Bars, symbols: tuple[str, ...]) -> Bars:
    """`bars` with these symbols only, in this order.

    Raises
    ------
    UnknownSymbol
        The bars lack one of them.
    """
    if symbols == bars.symbols:
        return bars
    missing = [symbol for symbol in symbols if symbol not in bars.symbols]
    if missing:
        raise UnknownSymbol(
            f"The rule's universe has {', '.join(missing)}, which the bars do not.",
            f"The bars have {', '.join(bars.symbols)}.",
            f"Load it too, or narrow the universe. {did_you_mean(missing[0], bars.symbols)}",
        )
    chosen = list(symbols)
    return replace(bars, **{name: getattr(bars, name)[chosen] for name in bars.fields})


def _hash(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
