"""papermill passes these silently; the runner does not. One test a row of that list, and what must still work."""

import json
import os
import sys
import tempfile
from pathlib import Path

import nbformat
import pytest

from framework.errors import NotebookFailed, NotebookRefused, StaleData
from framework.job import kernel
from framework.job.papermill_runner import execute

DEFAULTS = (
    'name = ""  # a text\ncount = 1  # a number\nratio = 0.5  # a fraction\nanything = None  # of any type'
)


@pytest.fixture
def project(tmp_path):
    return tmp_path


def write(
    project: Path, *sources: str, tags: dict[int, list[str]] | None = None, defaults: str | None = DEFAULTS
):
    cells = (
        [] if defaults is None else [nbformat.v4.new_code_cell(defaults, metadata={"tags": ["parameters"]})]
    )
    cells += [nbformat.v4.new_code_cell(source) for source in sources]
    for number, names in (tags or {}).items():
        cells[number].metadata["tags"] = names
    nbformat.write(nbformat.v4.new_notebook(cells=cells), project / "n.ipynb")


def run(project: Path, **parameters):
    return execute("n.ipynb", project, parameters)


def outputs(executed) -> list[str]:
    cells = json.loads(executed.content)["cells"]
    streams = [
        output for cell in cells for output in cell.get("outputs", []) if output["output_type"] == "stream"
    ]
    return ["".join(output["text"]) for output in streams]


def traces(project: Path) -> list[str]:
    return sorted(path.name for path in project.iterdir() if path.name != "n.ipynb")


def touch(name: str) -> str:
    return f"open({name!r}, 'w').close()"


def test_a_clean_notebook_runs_to_its_end_in_the_project_with_this_interpreter(project):
    write(project, "import os, sys\nprint(sys.executable, os.getcwd(), name, count)", touch("ran"))
    executed = run(project, name="a", count=2)
    assert executed.error is None
    assert outputs(executed) == [f"{sys.executable} {project} a 2\n"]
    assert traces(project) == ["ran"]


def test_values_arrive_exactly_as_given(project):
    write(project, "print(repr(name), repr(ratio), repr(anything))")
    executed = run(
        project, name="20200102", ratio=1e3, anything=["1e3", "nan", 'quoted "\\n" ü', True, {"k": 2}]
    )
    assert executed.error is None
    assert outputs(executed) == ["'20200102' 1000.0 ['1e3', 'nan', 'quoted \"\\\\n\" ü', True, {'k': 2}]\n"]


def test_a_misspelt_parameter_is_refused(project):
    write(project, touch("ran"))
    with pytest.raises(NotebookRefused, match=r"no parameter 'cuont'.*Did you mean 'count'"):
        run(project, cuont=3)
    assert traces(project) == []


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("name", 20200102, r"Its default is '' \(str\)"),
        ("count", "3", r"Its default is 1 \(int\)"),
        ("count", True, r"Its default is 1 \(int\)"),
        ("ratio", float("nan"), "finite number"),
        ("anything", {"a": float("inf")}, "finite number"),
        ("anything", Path("x"), "ISO text"),
    ],
)
def test_no_value_is_converted_in_passing(project, name, value, said):
    write(project, touch("ran"))
    with pytest.raises(NotebookRefused, match=said):
        run(project, **{name: value})
    assert traces(project) == []


def test_a_notebook_without_a_parameters_cell_is_refused(project):
    write(project, touch("ran"), defaults=None)
    with pytest.raises(NotebookRefused, match="no cells tagged 'parameters'"):
        run(project)
    assert traces(project) == []


def test_a_second_parameters_cell_is_refused(project):
    write(project, "count = 7", tags={1: ["parameters"]})
    with pytest.raises(NotebookRefused, match="2 cells tagged"):
        run(project, count=3)


@pytest.mark.parametrize("leave", ["import sys\nsys.exit(0)", "import sys\nsys.exit()", "raise SystemExit"])
def test_leaving_half_way_is_a_failure(project, leave):
    write(project, touch("before"), leave, touch("after"))
    executed = run(project)
    assert isinstance(executed.error, NotebookFailed)
    assert traces(project) == ["before"]


@pytest.mark.parametrize("leave", ["exit", "exit()", "quit"])
def test_an_exit_that_would_stop_nothing_is_refused(project, leave):
    write(project, touch("before"), leave, touch("after"))
    with pytest.raises(NotebookRefused, match="Cell 3 says"):
        run(project)
    assert traces(project) == []


def test_a_thread_that_never_ends_is_a_failure(project, monkeypatch):
    monkeypatch.setattr(kernel, "THREADS_SECONDS", 0.5)
    write(project, "import threading\nthreading.Thread(target=threading.Event().wait).start()")
    assert "did not end after its last cell" in str(run(project).error)


def test_a_kernel_that_dies_is_a_failure_and_leaves_its_notebook(project):
    write(project, "print('alive')", "import os\nos._exit(0)", touch("after"))
    executed = run(project)
    assert isinstance(executed.error, NotebookFailed)
    assert outputs(executed) == ["alive\n"]
    assert traces(project) == []


@pytest.mark.parametrize(
    "command",
    ["!false", "x = !false", "!!false", "%sx false", "%system false", "%%bash\nfalse", "%%sh\nfalse",
     "get_ipython().system('false')"],
)  # fmt: skip
def test_a_shell_command_is_refused_before_anything_runs(project, command):
    write(project, touch("before"), command)
    with pytest.raises(NotebookRefused, match="Cell 3 runs a shell command"):
        run(project)
    assert traces(project) == []


def test_other_magics_may_stay(project):
    write(project, "%config InlineBackend.figure_format = 'svg'\nprint('ok')")
    executed = run(project)
    assert executed.error is None
    assert outputs(executed) == ["ok\n"]


def test_an_exception_in_a_thread_is_a_failure(project):
    write(
        project,
        "import threading\nthread = threading.Thread(target=lambda: 1 / 0, name='feed')\nthread.start()\nthread.join()",
        "print('later')",
    )
    executed = run(project)
    assert isinstance(executed.error, NotebookFailed)
    assert "Thread 'feed' raised ZeroDivisionError" in str(executed.error)


def test_a_thread_that_fails_after_the_last_cell_is_a_failure(project):
    source = "import threading, time\nthreading.Thread(target=lambda: (time.sleep(0.3), 1 / 0)).start()"
    write(project, source)
    assert "ZeroDivisionError" in str(run(project).error)


@pytest.mark.parametrize("tag", ["raises-exception", "skip-execution", "injected-parameters"])
def test_tags_that_hide_failures_are_refused(project, tag):
    write(project, "1 / 0", touch("after"), tags={1: [tag]})
    with pytest.raises(NotebookRefused, match=f"Cell 2 is tagged '{tag}'"):
        run(project)
    assert traces(project) == []


@pytest.mark.parametrize("name", ["api_key", "password", "ALPACA_TOKEN", "client_secret", "private_key"])
def test_secrets_are_no_parameters(project, name):
    write(project, touch("ran"), defaults=f'{name} = ""  # oops')
    with pytest.raises(NotebookRefused, match="looks like a secret"):
        run(project)
    assert traces(project) == []


def test_a_failed_cell_ends_the_run_and_its_notebook_is_kept(project):
    write(project, "print('first')", "1 / 0", touch("after"))
    executed = run(project)
    assert isinstance(executed.error, NotebookFailed)
    assert "ZeroDivisionError: division by zero" in str(executed.error)
    assert outputs(executed) == ["first\n"]
    assert traces(project) == []


def test_an_error_of_ours_keeps_its_class_and_its_three_parts(project):
    write(project, "from framework.errors import StaleData\nraise StaleData('Old.', 'Newer.', 'Load.')")
    error = run(project).error
    assert type(error) is StaleData
    assert (error.what, error.limit, error.remedy) == ("Old.", "Newer.", "Load.")


def test_a_cell_that_is_not_python_is_refused_before_anything_runs(project):
    write(project, touch("before"), "if True print(1)")
    with pytest.raises(NotebookRefused, match="Cell 3 is not Python"):
        run(project)
    assert traces(project) == []


def test_a_missing_or_broken_notebook_is_refused(project):
    with pytest.raises(NotebookRefused, match=r"There is no notebook n\.ipynb"):
        run(project)
    (project / "n.ipynb").write_text("{")
    with pytest.raises(NotebookRefused, match="is not a notebook"):
        run(project)


def test_kernelspecs_and_startup_files_of_the_user_are_not_looked_at(project, monkeypatch, tmp_path_factory):
    home = tmp_path_factory.mktemp("home")
    kernel = home / "kernels" / "python3"
    kernel.mkdir(parents=True)
    (kernel / "kernel.json").write_text(
        json.dumps({"argv": ["/bin/false"], "display_name": "x", "language": "python"})
    )
    startup = home / "ipython" / "profile_default" / "startup"
    startup.mkdir(parents=True)
    (startup / "00.py").write_text("surprise = 1")
    monkeypatch.setenv("JUPYTER_PATH", str(home))
    monkeypatch.setenv("IPYTHONDIR", str(home / "ipython"))
    write(project, "print('surprise' in globals())")
    executed = run(project)
    assert executed.error is None
    assert outputs(executed) == ["False\n"]


def test_the_stored_notebook_names_no_path_of_this_machine(project):
    write(project, "1 + 1")
    metadata = json.loads(run(project).content)["metadata"]["papermill"]
    assert metadata["input_path"] == "n.ipynb"
    assert metadata["output_path"] is None


def test_the_environment_of_the_kernel_is_ours_and_extended(project):
    write(project, "import os\nprint(os.environ['OPENBOOK_RUN_ID'], os.environ['PATH'])")
    executed = execute("n.ipynb", project, {}, environment={"OPENBOOK_RUN_ID": "r-1"})
    assert outputs(executed) == [f"r-1 {os.environ['PATH']}\n"]
    assert "OPENBOOK_RUN_ID" not in os.environ


def test_without_a_temporary_folder_it_fails_in_three_parts(project, monkeypatch, tmp_path):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "gone"))
    write(project, touch("ran"))
    with pytest.raises(NotebookFailed, match=r"No such file.*TMPDIR"):
        run(project)
    assert traces(project) == []
