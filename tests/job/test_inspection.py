"""What is read off a notebook before it runs; that nothing then runs is tested with the runner."""

import nbformat
import pytest

from framework.errors import NotebookRefused
from framework.job.inspection import code_cells, refuse_unsafe

code, text = nbformat.v4.new_code_cell, nbformat.v4.new_markdown_cell


def notebook(*cells, defaults="job = ''  # a job"):
    return nbformat.v4.new_notebook(cells=[code(defaults, metadata={"tags": ["parameters"]}), *cells])


def passes(given, parameters):
    """Whether nothing was refused; a refusal is an error with its three parts."""
    refuse_unsafe(given, parameters)
    return True


def test_what_is_honest_passes():
    cells = [
        text("# !false"),
        code(""),
        code("s = '!false'  # %%bash"),
        code("import asyncio\nawait asyncio.sleep(0)"),
    ]
    assert passes(notebook(*cells), {"job": "a"})
    assert passes(notebook(code("%matplotlib inline\nx = 1"), code("%%time\nx = 1")), {})


def test_cells_are_numbered_as_a_reader_counts_them():
    found = code_cells(notebook(text("a"), code("  "), code("x")))
    assert [number for number, _ in found] == [1, 4]


@pytest.mark.parametrize(
    ("defaults", "given"),
    [
        ("fast: int = 10  # sessions", {"fast": 20}),
        ("costs = dict(a=1)  # computed: of any type", {"costs": {"a": 2}}),
        ("symbols = [\n    'KO',  # one\n    'PG',\n]  # list", {"symbols": ["MRK"]}),
        ("flag = False\nflag_2 = True", {"flag": True, "flag_2": False}),
        ("ratio = -0.5", {"ratio": 0.25}),
    ],
)
def test_defaults_are_read_as_python_reads_them(defaults, given):
    assert passes(notebook(defaults=defaults), given)


@pytest.mark.parametrize(
    ("defaults", "given"),
    [
        ("ratio = 0.5", {"ratio": 1}),
        ("flag = False", {"flag": 0}),
        ("day = ''", {"day": None}),
        ("n = 1", {"n": 1.0}),
    ],
)
def test_a_value_of_another_type_is_refused(defaults, given):
    with pytest.raises(NotebookRefused, match="no type is converted in passing"):
        refuse_unsafe(notebook(defaults=defaults), given)


@pytest.mark.parametrize(
    "source",
    ["if True:\n    !ls", "get_ipython().run_cell_magic('bash', '', 'false')", "files = get_ipython().getoutput('ls')",
     "get_ipython().run_line_magic('sx', 'ls')", "%%script bash\nfalse"],
)  # fmt: skip
def test_shell_commands_are_seen_however_they_are_written(source):
    with pytest.raises(NotebookRefused, match="Cell 2 runs a shell command"):
        refuse_unsafe(notebook(code(source)), {})


@pytest.mark.parametrize(
    "name", ["secret", "DB_PASSWD", "api_key", "apikey", "access_key", "auth_token", "credentials"]
)
def test_a_secret_is_refused_whether_it_is_declared_or_given(name):
    with pytest.raises(NotebookRefused, match="looks like a secret"):
        refuse_unsafe(notebook(defaults=f"{name} = ''"), {})
    with pytest.raises(NotebookRefused, match="looks like a secret"):
        refuse_unsafe(notebook(), {name: "x"})
