"""Every command explains itself, has an example, and completes in the shells."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from dao.commands import cli
from tests.support.cli import COMMAND, environment, run

WITHOUT_RESULT = {"completion"}
"""Commands that print a script, not a result."""


def walk(command: click.Command, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    yield path, command
    if isinstance(command, click.Group):
        with click.Context(command) as context:
            for name in command.list_commands(context):
                below = command.get_command(context, name)
                assert below is not None, name
                yield from walk(below, (*path, name))


TREE = dict(walk(cli))
LEAVES = {path: command for path, command in TREE.items() if not isinstance(command, click.Group)}


def named(command: click.Command) -> set[str]:
    return {option for parameter in command.params for option in parameter.opts}


def test_the_tree_is_the_one_of_the_loop() -> None:
    words = """
        demo; node start; node stop; node reset; node status; node advance; deploy run; deploy verify; status; delegate;
        doctor; account list; account new; account import; account show;
        token deposit; token withdraw; power;
        proposal new; proposal check; proposal simulate; proposal preview; proposal submit; proposal list;
        proposal show; proposal watch; proposal verify; proposal queue; proposal execute; proposal cancel;
        proposal purge; vote cast; vote request; vote sign; vote relay; vote receipt;
        policy show; policy at; policy history; policy diff; policy export; policy forecast; policy impact;
        policy presets list;
        policy presets show; policy presets check;
        policy presets apply; policy report;
        epoch compute; epoch publish; epoch status; epoch dispute; epoch answer; epoch void; epoch lapse;
        epoch proof; epoch claim; epoch history; epoch reconcile;
        audit collect; audit prove; audit replay; audit report; audit diff; completion
    """
    assert {" ".join(path) for path in LEAVES} == {" ".join(word.split()) for word in words.split(";")}


@pytest.mark.parametrize("path", TREE, ids=" ".join)
def test_help_and_example(path: tuple[str, ...]) -> None:
    command = TREE[path]
    assert command.help
    assert command.help.strip().endswith(".") or "\n" in command.help
    assert command.epilog is not None
    examples = re.findall(r"dao [a-z]+", command.epilog)
    assert examples, command.epilog
    assert command.epilog.startswith("Example")
    assert all(option.help or option.show_default for option in command.params if isinstance(option, click.Option))


@pytest.mark.parametrize("path", TREE, ids=" ".join)
def test_the_example_is_a_command_that_exists(path: tuple[str, ...]) -> None:
    epilog = TREE[path].epilog or ""
    found = re.split(r"Examples?: |; (?=dao)|, or |\. Exit codes", epilog)
    parsed = 0
    for text in found:
        if not text.startswith("dao "):
            continue
        words = shlex.split(text.split(" >")[0])[1:]
        at: tuple[str, ...] = ()
        while words and (*at, words[0]) in TREE:
            at = (*at, words.pop(0))
        if at == ("deploy",):
            at = ("deploy", "run")
        assert not isinstance(TREE[at], click.Group), text
        options = [word for word in words if word.startswith("--")]
        assert set(options) <= named(TREE[at]), text
        assert at[: len(path)] == path, text
        parsed += 1
    assert parsed, epilog


@pytest.mark.parametrize("path", LEAVES, ids=" ".join)
def test_json_wherever_a_result_is_printed(path: tuple[str, ...]) -> None:
    assert ("--json" in named(LEAVES[path])) == (path[0] not in WITHOUT_RESULT)


def test_every_sending_command_can_name_its_signer() -> None:
    # What `audit prove` asks before is how many questions it may ask a node.
    sending = {path for path, command in LEAVES.items() if "--yes" in named(command)} - {("audit", "prove")}
    verbs = {("delegate",), ("deploy", "run"), ("vote", "cast"), ("vote", "relay")}
    verbs |= {("proposal", verb) for verb in ("submit", "queue", "execute", "cancel", "purge")}
    assert verbs <= sending
    for path in sending:
        assert {"--from", "--keystore", "--account", "--signer", "--unsigned", "--password-file"} <= named(LEAVES[path])
        assert {"--rpc", "--deployment", "--config", "--chain-id", "--timeout", "--attempts"} <= named(LEAVES[path])


def test_signing_takes_no_network() -> None:
    options = named(LEAVES["vote", "sign"])
    assert {"--account", "--keystore", "--signer", "--password-file", "--request", "--chain-id"} <= options
    assert not {"--rpc", "--deployment", "--yes", "--timeout"} & options


def test_no_option_takes_a_secret() -> None:
    """Keys and passwords are typed hidden or lie in files: arguments are for everybody to see."""
    secret = re.compile(r"password|passphrase|secret|private|mnemonic|seed|key\b")
    for path, command in LEAVES.items():
        for parameter in command.params:
            if secret.search(parameter.name or "") and not isinstance(parameter.type, click.Path):
                pytest.fail(f"{' '.join(path)}: {parameter.name}")


@pytest.mark.parametrize("path", [("",), ("proposal",), ("vote", "cast"), ("deploy",)], ids=" ".join)
def test_help_as_it_is_printed(path: tuple[str, ...], tmp_path: Path) -> None:
    words = [word for word in path if word]
    for flag in ("--help", "-h"):
        shown = run(*words, flag, cwd=tmp_path).out
        assert shown.startswith("Usage: dao " + " ".join(words))
        assert "Example" in shown


@pytest.mark.parametrize(
    "arguments",
    [
        ("nonsense",),
        ("proposal", "nonsense"),
        ("proposal", "check"),
        ("proposal", "check", "no-such-file.yaml"),
        ("vote", "cast", "latest"),
        ("vote", "sign", "--request", "x"),
        ("vote", "sign", "for"),
        ("vote", "sign", "for", "--split", "for=100%"),
        ("vote", "relay"),
        ("vote", "relay", "no-such-ballot.json"),
        ("vote", "receipt"),
        ("vote", "receipt", "latest", "--verify", "cli.py"),
        ("vote", "cast", "latest", "maybe"),
        ("vote", "cast", "latest", "for", "--split", "for=100%"),
        ("vote", "cast", "latest", "--split", "yes=100%"),
        ("vote", "cast", "latest", "--split", ""),
        ("node", "start", "--port", "70000"),
        ("completion", "tcsh"),
        ("audit", "replay", "--to-block", "-1"),
        ("audit", "report", "--to-block", "-1"),
        ("audit", "diff", "only-one.json"),
        ("status", "--nonsense"),
    ],
    ids=" ".join,
)
def test_wrong_usage_is_exit_code_2(arguments: tuple[str, ...], tmp_path: Path) -> None:
    result = run(*arguments, cwd=tmp_path, code=2)
    assert result.out == ""
    assert "Usage" in result.err or "Error" in result.err


# ------------------------------------------------------------ completion


@pytest.mark.parametrize(
    ("shell", "marker"),
    [("bash", "complete -o nosort -F"), ("zsh", "#compdef dao"), ("fish", "complete --no-files --command dao")],
)
def test_the_completion_script(shell: str, marker: str, tmp_path: Path) -> None:
    if shell == "bash" and shutil.which("bash") is None:
        pytest.skip("bash is not installed: apt-get install bash")
    script = run("completion", shell, cwd=tmp_path).out
    assert marker in script
    assert "_DAO_COMPLETE" in script
    if shutil.which(shell) and shell != "fish":
        checked = subprocess.run([shell, "-n"], input=script, text=True, capture_output=True, timeout=30, check=False)
        assert checked.returncode == 0, checked.stderr


def complete(words: str, cwd: Path) -> list[str]:
    """What the shell is told for the line `words`, of which the last is being completed."""
    typed = words.split(" ")
    ended = subprocess.run(
        COMMAND,
        cwd=cwd,
        env=environment(_DAO_COMPLETE="bash_complete", COMP_WORDS=words, COMP_CWORD=str(len(typed) - 1)),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    assert ended.stderr == ""
    return [line.split(",", 1)[1] for line in ended.stdout.splitlines()]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("dao pro", {"proposal"}),
        ("dao p", {"power", "proposal", "policy"}),
        ("dao proposal s", {"submit", "show", "simulate"}),
        ("dao vote cast latest a", {"against", "abstain"}),
        ("dao vote r", {"request", "relay", "receipt"}),
        ("dao vote sign a", {"against", "abstain"}),
        ("dao vote sign for --req", {"--request"}),
        ("dao completion ", {"bash", "zsh", "fish"}),
        ("dao proposal submit x --key", {"--keystore"}),
    ],
)
def test_completing(words: str, expected: set[str], tmp_path: Path) -> None:
    assert set(complete(words, tmp_path)) == expected


def test_bash_itself_completes(tmp_path: Path) -> None:
    bash = shutil.which("bash")
    if bash is None:
        pytest.skip("bash is not installed: apt-get install bash")
    command = tmp_path / "dao"
    command.write_text(f'#!/bin/sh\nexec {shlex.join(COMMAND)} "$@"\n', encoding="utf-8")
    command.chmod(0o755)
    script = """
        source <(dao completion bash)
        COMP_WORDS=(dao pro) COMP_CWORD=1
        _dao_completion dao pro dao
        echo "${COMPREPLY[*]}"
    """
    path = f"{tmp_path}{os.pathsep}{os.environ['PATH']}"
    ended = subprocess.run(
        [bash, "--norc", "-c", script],
        env=environment(PATH=path),
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ended.stdout.split() == ["proposal"], ended.stderr
