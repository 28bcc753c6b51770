"""What is fed: texts that are nearly right, because what is all wrong is refused at the first character."""

from __future__ import annotations

from typing import Any

import yaml
from hypothesis import strategies as st

from colactl.schema.config_files import config_dir


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


def _lines(text: str) -> tuple[str, ...]:
    return tuple(text.strip("\n").split("\n"))


GROUPS = _words("model data processing training optimizer logger callbacks experiment hydra/launcher")
OPTIONS = _words("default bert cola files csv debug joblib nope null ??? mine ../config")
KEYS = _words("""
seed model.name model processing.batch_size training.max_epochs optimizer.lr optimizer training data.train
data.columns.label logger.wandb.mode callbacks.checkpoint.monitor a a.b hydra.run.dir hydra.sweep.dir
hydra.sweep.subdir hydra.verbose hydra.launcher.n_jobs hydra a.0 a[0] model@b model@a:b _target_ defaults
hydra.searchpath training.devices x/y
""")
NUMBERS = (*_words("0 1 -1 1.5 1e9999 -inf nan 1_0 0x10"), "9" * 40, "9" * 5000, *_words("1e-400 00 +1"))
REFERENCES = _words(r"""
${seed} ${a} ${.b} ${..} ${a.b} ${a}${a} ${oc.env:HOME} ${oc.env:NOPE} ${nope:1} ${oc.decode:'[1,'} ${oc.create:{x:1}}
${hydra:runtime.cwd} ${now:%Y} ${${seed}} ${ \${a} ${oc.select:a} ${oc.dict.keys:a} ${oc.deprecated:a} ${model}
${hydra.run.dir} ${oc.dict.values:a}
""")
WORDS = ("x", "true", "null", "~", "???", "é", "👍", "a b", "a/b", "..", "C:\\x", "%d", "{}", "[]", "", " ", "<<", "=")

words = st.sampled_from(WORDS + NUMBERS + REFERENCES + OPTIONS) | st.text(max_size=8)


def _nested(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    several = st.lists(inner, max_size=3).map(",".join)
    functions = ("range", "choice", "interval", "glob", "sort", "shuffle", "tag", "int", "float", "str", "bool", "nope")
    return (
        several.map("[{}]".format)
        | several
        | st.builds("{{{}:{}}}".format, words, inner)
        | st.builds("{}({})".format, st.sampled_from(functions), several)
        | inner.map("'{}'".format)
        | inner.map('"{}"'.format)
    )


values = st.recursive(words, _nested, max_leaves=8)
plain = st.sampled_from(
    (
        *_words(
            "1 -1 0.5 x true null ??? [] {} [1,x] {a:1} {a:{b:[1]}} 1,2 x,y range(1,4) range(3,1,-1) range(0,1,0.4)"
        ),
        *_words("range(1,99999999999) choice(1,x) interval(0,1) glob(*) sort(2,1) shuffle(1,2) int(interval(1,3))"),
        *_words("tag(log,interval(1e-5,1e-3)) inf nan 1e400 default mine bert basic default,bert '${a}'"),
        *("'a b'", "'\\udc80'", "'\x1b[31m'", "'\n'", "'\u2028'"),
        *REFERENCES,
    )
)
sound = st.builds(
    "{}{}={}".format, st.sampled_from(["", "", "", "+", "++", "~"]), st.sampled_from(KEYS + GROUPS), plain
)
wild = st.builds(
    "{}{}{}{}".format,
    st.sampled_from(("", "", "", "+", "++", "~")),
    st.sampled_from(KEYS + GROUPS) | st.text(max_size=6),
    st.sampled_from(("=", "=", "=", "", "==", "=,")),
    values,
) | st.text(max_size=20)
overrides = sound | wild
some_overrides = st.lists(sound, min_size=1, max_size=2) | st.lists(overrides, min_size=1, max_size=3)

scalars: st.SearchStrategy[Any] = (
    st.none() | st.booleans() | st.integers() | st.floats() | words | st.binary(max_size=3) | st.dates()
)
keys: st.SearchStrategy[Any] = st.sampled_from(
    [*(key.partition(".")[0] for key in KEYS), *GROUPS, "name", "source", "_args_"]
) | (scalars.filter(lambda key: key == key))
trees = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(keys, inner, max_size=4), max_leaves=12
)
entries = st.one_of(
    st.builds(lambda group, option: {group: option}, st.sampled_from(GROUPS) | words, words | st.lists(words)),
    st.builds(
        lambda word, group, option: {f"{word} {group}": option},
        st.sampled_from(("override", "optional", "override optional", "nope")),
        st.sampled_from((*GROUPS, "/model", "model@a", "/model@_global_", "hydra/job_logging", "hydra/sweeper")),
        st.sampled_from(OPTIONS),
    ),
    st.sampled_from(
        ("_self_", "config", "mine", "/config", "model/mine", "model/mine@a", "model/default@b", "${seed}")
    ),
    trees,
)
configs = st.builds(
    lambda tree, defaults: {**(tree if isinstance(tree, dict) else {}), **({"defaults": defaults} if defaults else {})},
    trees,
    st.lists(entries, max_size=4),
)
PIECES = (
    *_lines(r"""
a: &a [1, 2]
b: &b [*a, *a]
c: *b
<<: *a
a: !!python/name:os.system
a: 1
a: 2
- 1
a: [
a: {
}
a: !!int x
a: !!bool x
a: !!binary x
a: !!timestamp x
a: !!set {x}
---
...
%YAML 9.9
# @package _global_
# @package
# @x
a: 1:2:3
a: 0b1
1: 2
a: *nope
&a a: *a
a: &a {b: *a}
null: 1
[1, 2]: 3
a: 1e5
a: ${b}
hydra: {searchpath: [pkg://canary]}
hydra: {searchpath: [structured://canary]}
hydra: {run: {dir: [1]}}
hydra: {sweeper: {params: {seed: '1,2'}}}
hydra: {callbacks: {x: {_target_: canary.X}}}
hydra: 1
hydra: {launcher: {_target_: canary.X}}
hydra: {job: {env_copy: [NOPE]}}
hydra: {sweep: {subdir: a}}
"""),
    *("? {a: 1}\n: 2", "a: |\n  b", "\ta: 1", "a: \x00", "\ufeff", "a: \x85"),
)
pieces = st.lists(st.sampled_from(PIECES), max_size=6).map(lambda lines: "\n".join(lines).encode("utf-8", "replace"))
SHIPPED = {str(file.relative_to(config_dir())): file.read_bytes() for file in sorted(config_dir().rglob("*.yaml"))}
files = (
    configs.map(lambda tree: yaml.safe_dump(tree, allow_unicode=True).encode("utf-8", "replace"))
    | pieces
    | st.binary(max_size=30)
    | st.builds(
        lambda text, place, length, put: text[:place] + put + text[place + length :],
        st.sampled_from(sorted(SHIPPED.values())),
        st.integers(0, 400),
        st.integers(0, 10),
        st.binary(max_size=4) | st.sampled_from([b"\n", b"  ", b": ", b"- ", b"${", b"*a", b"&a ", b"'", b"[", b"{"]),
    )
)
NAMES = ("config.yaml", "mine.yaml", "model/mine.yaml", "model/default.yaml", "data/mine.yaml", "experiment/mine.yaml")
folders = st.dictionaries(st.sampled_from(NAMES), files, min_size=1, max_size=3)

arguments = overrides | st.sampled_from(
    (
        *_words("--set --json -q --resolve -p model --config-name mine --config-dir . -- - -h --nope --set=seed=1 -m"),
        *_words("--dry-run --trials 3 --retries -1 --resume --rerun nope ~nouser /dev/null --split --sampler grid"),
        *("", "x" * 5000, "\udc80", "\ud800", "seed=\udcff", "--config-dir=\udc80", "--config-name=\udc80", "-\udc80"),
        "\x1b[31m",
    )
)
# What begins a command line, and what ends it.
COMMANDS: tuple[tuple[list[str], list[str]], ...] = (
    *(
        (line.split(), [])
        for line in ("show-config", "show-config --resolve", "show-config --json", "list-groups --json")
    ),
    *((line.split(), []) for line in ("sweep --dry-run", "sweep --dry-run --json", "sweep --dry-run --trials 3")),
    (["train"], ["--set", "processing.batch_size=0"]),  # which comes last, and so nothing is trained
)
LOOKING = (*COMMANDS, (["runs"], []), (["evaluate", "/dev/null"], []), (["predict", "/dev/null"], []), ([], []))

# What a folder of a run or a sweep may hold that colactl has not written.
json_texts = st.sampled_from(
    (
        *(b"", b"{", b"[]", b"1", b"null", b'{"status": "done"}', b'{"status": 1}', b'{"mcc": "x"}', b"\xff"),
        *(b"[" * 5000, b'{"status": "running", "error": [], "exit_code": "x"}', b'{"index": 0}\n'),
    )
)
definitions = st.sampled_from(
    [
        b"overrides: [a=1]\nconfig_name: config\nconfig_dirs: []\ndirectory: /\n",
        b"overrides: {a: 1}\nconfig_name: [1]\nconfig_dirs: nope\ndirectory: 1\n",
        b"overrides: [1, '']\nconfig_name: null\nconfig_dirs: [1]\ndirectory: null\n",
    ]
)
_JSON = ("status.json", "result.json", "provenance.json", "planned.jsonl", "search.json")
_YAML = {
    "config.yaml": files,
    ".hydra/config.yaml": files,
    ".hydra/overrides.yaml": files | st.just(b"- a=1\n- ${b}\n"),
    "sweep.yaml": definitions | files,
    "multirun.yaml": files | st.just(b"hydra: {launcher: {}}\n"),
}
run_folders = st.fixed_dictionaries({}, optional=_YAML | dict.fromkeys(_JSON, json_texts))
READING = (
    *((line.split(), []) for line in ("runs {}", "runs {} --json", "evaluate {}", "predict {} a", "train --resume {}")),
    (["sweep", "--resume", "{}", "--dry-run"], []),
    (["train", "--rerun", "{}"], ["--set", "processing.batch_size=0"]),
)
