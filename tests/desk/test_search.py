"""The record of a search: which combinations ran can be read from it, and nothing else."""

import json
from itertools import product

from framework.desk.search import admitted, combinations_hash, combinations_of

GRID = {"name": [["A", "B"], ["C"]], "window": [5, 10, 20], "part": [0.1, 0.25]}


def stored(chosen, names=("window", "part", "name")):
    swept = {
        "grid": {name: GRID[name] for name in names},
        "names": list(names),
        "combinations_hash": combinations_hash(chosen),
        "admitted": admitted({name: GRID[name] for name in names}, chosen),
    }
    return json.loads(json.dumps(swept, sort_keys=True))  # as the record gives it back: keys in another order


def test_the_combinations_are_those_that_were_admitted_in_the_order_in_which_they_ran():
    names = ("window", "part", "name")
    every = [dict(zip(names, values, strict=True)) for values in product(*(GRID[name] for name in names))]
    chosen = every[1:4] + every[7:8] + every[-1:]
    assert combinations_of(stored(chosen)) == chosen
    tuples = [{**one, "name": tuple(one["name"])} for one in chosen]
    assert combinations_of(stored(tuples)) == chosen


def test_a_search_that_does_not_say_or_says_otherwise_gives_none():
    chosen = [{"window": 5, "part": 0.1, "name": ["C"]}]
    assert combinations_of({"grid": GRID}) is None
    assert combinations_of(stored(chosen) | {"combinations_hash": "0" * 64}) is None
    wide = {name: list(range(300)) for name in "abc"}
    assert admitted(wide, [{"a": 1, "b": 2, "c": 3}]) is None  # 27 million places


def test_it_takes_little_room():
    grid = {"fast": list(range(2, 101)), "slow": list(range(2, 101))}
    pairs = [{"fast": fast, "slow": slow} for fast, slow in product(*grid.values()) if fast < slow]
    assert len(pairs) == 4_851
    assert len(admitted(grid, pairs)) < 1_500
