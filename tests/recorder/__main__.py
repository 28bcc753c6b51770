"""Compares this tree with an earlier commit: python -m tests.recorder [--base REV] [--only PATTERN] [--jobs N]."""

from __future__ import annotations

import argparse
import fcntl
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from functools import cache
from importlib.metadata import distributions
from pathlib import Path

from tests.recorder.cases import CASES, Case
from tests.recorder.comparing import Difference, Facts, differences
from tests.recorder.running import Side

ROOT = Path(__file__).resolve().parents[2]
BASE = "1f66f87"
FORM = 1  # of the facts that are kept; another where a case's facts become others
PARTS = ("colactl", "configs")  # what a side is made of


def main() -> int:
    """Runs the cases on both sides; returns 1 where anything but talk differs."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--base", default=BASE, help="the commit to compare with")
    parser.add_argument("--only", default="", help="a regular expression that a case's name has to match somewhere")
    parser.add_argument("--light", action="store_true", help="leave out the cases that train")
    parser.add_argument("--jobs", type=int, default=1, help="cases at a time")
    parser.add_argument("--json", type=Path, help="write all facts and differences to this file")
    parser.add_argument("--fresh", action="store_true", help="run the base too where its facts are known from before")
    options = parser.parse_args()
    chosen = [
        case for case in CASES if re.search(options.only, case.name) and not (options.light and case.process != "light")
    ]
    kept = kept_folder(options.base)
    with tempfile.TemporaryDirectory(prefix="colactl-recorder-") as place:
        base, here = Side(Path(place, "base")), Side(Path(place, "here"))
        shutil.copytree(kept / "tree", base.tree)
        for part in PARTS:
            shutil.copytree(ROOT / part, here.tree / part, ignore=shutil.ignore_patterns("__pycache__"))
        for side in (base, here):
            side.start_forks({case.process for case in chosen})
        with ThreadPoolExecutor(options.jobs) as pool:
            results = list(pool.map(lambda case: compare(case, base, here, kept, options.fresh), chosen))
        for side in (base, here):
            side.stop_forks()
    return report(results, options.json)


def kept_folder(revision: str) -> Path:
    """The base commit's files and facts, kept between calls in a temporary folder of the user's."""
    commit = _git("rev-parse", "--verify", f"{revision}^{{commit}}").strip()
    folder = Path(tempfile.gettempdir(), f"colactl-recorder-{os.getuid()}", commit)
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "tree").exists():
            shutil.rmtree(folder / "new", ignore_errors=True)
            (folder / "new").mkdir()
            archive = subprocess.run(
                ["git", "archive", commit, *PARTS], cwd=ROOT, check=True, capture_output=True
            ).stdout
            subprocess.run(["tar", "-x", "-C", str(folder / "new")], input=archive, check=True)
            (folder / "new").rename(folder / "tree")
    return folder


def compare(case: Case, base: Side, here: Side, kept: Path, fresh: bool) -> tuple[Case, Facts, Facts, list[Difference]]:
    """Runs a case on both sides, and once more where they differ: what differs by chance is no difference."""
    file = kept / "facts" / f"{_key(case)}.json"
    if fresh or not file.exists():
        _keep(file, base.record(case))
    before, after = json.loads(file.read_text()), _plain(here.record(case))
    found = differences(case.name, before, after)
    if any(not each.is_talk for each in found):
        again = _plain(base.record(case))
        chance = {each.fact for each in differences(case.name, before, again)}
        after = _plain(here.record(case))
        found = [each for each in differences(case.name, again, after) if each.fact not in chance]
    for each in found:
        sys.stderr.write("" if each.is_talk else f"\n{each}\n")  # at once: the whole takes long
    sys.stderr.write("-" if not found else "!" if any(not each.is_talk for each in found) else ".")
    sys.stderr.flush()
    return case, before, after, found


def report(results: list[tuple[Case, Facts, Facts, list[Difference]]], file: Path | None) -> int:
    """Prints the differences, those that are talk last; returns the exit code."""
    found = [each for *_, some in results for each in some]
    wrong, talk = [each for each in found if not each.is_talk], [each for each in found if each.is_talk]
    for title, several in (("For reading, on stderr and in logs", talk), ("Different", wrong)):
        sys.stdout.write(f"\n== {title}: {len(several)}\n\n" + "".join(f"{each}\n" for each in several))
    differing = len({each.case for each in wrong})
    sys.stdout.write(
        f"\n{len(results)} cases, {differing} of them different, {len({each.case for each in talk})} in talk.\n"
    )
    if file is not None:
        facts = {case.name: {"base": before, "here": after} for case, before, after, _ in results}
        told = {
            "differences": [asdict(each) for each in wrong],
            "talk": [asdict(each) for each in talk],
            "facts": facts,
        }
        file.write_text(json.dumps(told, indent=1))
    return int(bool(wrong))


def _key(case: Case) -> str:
    """Names what the facts of a case depend on: the case and the libraries."""
    return hashlib.sha256(json.dumps([asdict(case), sys.version, _versions(), FORM]).encode()).hexdigest()


@cache
def _versions() -> list[str]:
    return sorted(f"{each.metadata['Name']} {each.version}" for each in distributions())


def _keep(file: Path, facts: Facts) -> None:
    file.parent.mkdir(exist_ok=True)
    part = file.with_suffix(f".{os.getpid()}")
    part.write_text(json.dumps(facts))
    part.replace(file)


def _plain(facts: Facts) -> Facts:
    """As JSON has it, since the base's facts may come from a file."""
    plain: Facts = json.loads(json.dumps(facts))
    return plain


def _git(*words: str) -> str:
    return subprocess.run(["git", *words], cwd=ROOT, check=True, capture_output=True, text=True).stdout


if __name__ == "__main__":
    sys.exit(main())
