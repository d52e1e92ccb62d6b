"""Run benchmarks, each in a process of its own: ``python benchmarks/harness/all.py [name ...]``, or all of them."""

import subprocess
import sys
from pathlib import Path

FOLDER = Path(__file__).parents[1]


def main(names: list[str]) -> int:
    known = {path.stem: path for path in sorted(FOLDER.glob("*.py"))}
    unknown = [name for name in names if name not in known]
    if unknown:
        print(f"There is no benchmark {unknown[0]}. There are {', '.join(known)}. Name one of them.")
        return 2
    failed = []
    for name in names or list(known):
        print(f"\n{name}", flush=True)
        if subprocess.run([sys.executable, known[name]], check=False).returncode:
            failed.append(name)
    if failed:
        print(f"\nFailed: {', '.join(failed)}.")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
