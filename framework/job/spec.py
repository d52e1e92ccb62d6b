"""JobSpec: what ``papermill_jobs/<job>.yaml`` says."""

from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from framework.data.suggest import did_you_mean
from framework.errors import SpecError
from framework.job import cron
from framework.job.document import Document, Where, read
from framework.trading.costs import CostModel
from framework.trading.venue import Venue

FOLDER = "papermill_jobs"

Word = Annotated[str, Field(min_length=1)]
Basis = Annotated[float, Field(ge=0.0, allow_inf_nan=False)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


Strategy = Annotated[str, Field(pattern=r"^[A-Za-z_][\w.]*:[A-Za-z_]\w*$")]


class BenchmarkSpec(_Strict):
    """What the strategy is measured against: a symbol of a source, or another strategy on the same bars."""

    source: Word | None = None
    symbol: Word | None = None
    strategy: Strategy | None = None

    @model_validator(mode="after")
    def _is_one_of_both(self) -> Self:
        series = (self.source is not None, self.symbol is not None)
        if series not in {(True, True), (False, False)} or all(series) == (self.strategy is not None):
            raise ValueError("A benchmark is either source and symbol, or a strategy.")
        return self


class CostSpec(_Strict):
    """What trading and holding cost; see `CostModel`."""

    commission_bps: Basis
    half_spread_bps: Basis
    borrow_rate_per_year: Basis = 0.0
    cash_rate_per_year: Annotated[float, Field(allow_inf_nan=False)] = 0.0

    def model(self) -> CostModel:
        """The noun that trading takes."""
        return CostModel(**self.model_dump())


class JobSpec(_Strict):
    """One strategy as it runs unattended.

    Attributes
    ----------
    name : str
        The job's name: that of the file, of the strategy and of everything on record.
    strategy : str
        ``module:STRATEGY``.
    research : str
        The notebook that argues for it, relative to the project.
    data : str
        Source of the bars that it trades on.
    calendar : str
        Exchange calendar whose sessions it runs on, by its ISO code.
    benchmark : BenchmarkSpec
        What it is measured against.
    schedule : str
        Cron, five fields, UTC.
    mode : str
        ``paper`` or ``live``.
    capital : float
        USD in cash before the first night.
    whole_shares : bool
        Whether orders are rounded to whole shares.
    costs : CostSpec
        What paper fills pay.
    """

    name: Word
    strategy: Strategy
    research: Annotated[str, Field(pattern=r"\.ipynb$")]
    data: Word
    calendar: Word
    benchmark: BenchmarkSpec
    schedule: str
    mode: Literal["paper", "live"]
    capital: Annotated[float, Field(gt=0.0, allow_inf_nan=False)]
    whole_shares: bool = False
    costs: CostSpec

    @property
    def venue(self) -> Venue:
        """The rules of trading, as the noun that trading takes."""
        return Venue.of(None, whole_shares=self.whole_shares)

    @field_validator("schedule")
    @classmethod
    def _is_cron(cls, schedule: str) -> str:
        cron.parse(schedule)
        return schedule


def names(root: Path) -> tuple[str, ...]:
    """The jobs of a project, sorted."""
    return tuple(sorted(path.stem for path in (root / FOLDER).glob("*.yaml")))


def load(name: str, root: Path) -> JobSpec:
    """The job called `name` in the project at `root`.

    Raises
    ------
    SpecError
        There is no such job, or its file is wrong: the file, the line and the key are named.
    """
    known = names(root)
    if name not in known:
        raise SpecError(
            f"There is no job {name!r} in {root / FOLDER}.",
            f"The jobs are {', '.join(known) or 'none'}.",
            did_you_mean(name, known) or f"Write {FOLDER}/{name}.yaml.",
        )
    document = read(root / FOLDER / f"{name}.yaml")
    try:
        return JobSpec.model_validate({"name": name, **_without_name(document)})
    except ValidationError as error:
        raise _refusal(document, error) from error


def _without_name(document: Document) -> dict[str, Any]:
    if "name" in document.content:
        raise SpecError(
            f"{document.place(('name',))} is not a key.",
            "A job has the name of its file.",
            "Delete the line; rename the file if the job should be called otherwise.",
        )
    return document.content


def _refusal(document: Document, error: ValidationError) -> SpecError:
    first, *others = error.errors(include_url=False)
    where: Where = first["loc"]
    what, limit, remedy = _sentences(first, where)
    more = f" ({len(others)} more in this file.)" if others else ""
    return SpecError(f"{document.place(where)}: {what}", limit, remedy + more)


def _sentences(error: Any, where: Where) -> tuple[str, str, str]:
    keys = _keys_beside(where)
    if error["type"] == "extra_forbidden":
        word = str(where[-1])
        return (
            "no such key.",
            f"The keys here are {', '.join(keys)}.",
            did_you_mean(word, keys) or "Delete the line.",
        )
    if error["type"] == "missing":
        return "missing.", f"The keys here are {', '.join(keys)}.", f"Add a line '{where[-1]}: ...'."
    said = error["msg"].removeprefix("Value error, ")
    given = error["input"]
    kind = f"{given!r} ({type(given).__name__}) will not do."
    return kind, f"{said}{'' if said.endswith('.') else '.'}", _remedy(error, given)


def _remedy(error: Any, given: Any) -> str:
    if error["type"] == "string_type" and given is not None:
        return "Put the value in quotes."
    if error["type"] in {"float_type", "int_type", "bool_type"} and isinstance(given, str):
        return "Write it without quotes."
    if error["type"] == "literal_error":
        return did_you_mean(str(given), ("paper", "live")) or "Choose one of them."
    return "Correct the value on that line."


def _keys_beside(where: Where) -> tuple[str, ...]:
    nested: dict[str, type[_Strict]] = {"benchmark": BenchmarkSpec, "costs": CostSpec}
    model = nested.get(str(where[0]), JobSpec) if len(where) > 1 else JobSpec
    return tuple(name for name in model.model_fields if name != "name")
