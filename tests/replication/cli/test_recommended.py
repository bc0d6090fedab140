"""What a message recommends can be typed: each command is one, each target is known."""

import ast
import json
import re
import shlex
import shutil
from pathlib import Path

import pytest
from project_copy import ROOT

from replication.cli import main
from replication.experiments import config, recipes
from replication.experiments.config import ConfigError
from replication.experiments.results import Results

SOURCES = ROOT / "src" / "replication"
STANDS_FOR = {
    "path": "figures/fig1.svg",  # of the manifest's outputs; netnewton measure writes anywhere
    "confidence": "0.98",
    "figure": "fig1",
    "folder": "tmp",
    "out": "tmp",
    "entry['id']": "nash",
    "path.name": "measured.json",
    "' '.join((f'simulate_{name}' for name in experiments))": "simulate_pd_exact",
    "self.prog": "netnewton run",
}
"""An example of each expression that a recommended command is made with."""
COMMAND = re.compile(r"\./run ((?:netnewton|snakemake|python|pytest) ?[^`<;&()]*)")


def texts(tree):
    """Every text of a module; the expressions in it stand as examples, or as {themselves}."""
    inside = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            inside |= {id(part) for part in node.values}
            yield "".join(map(_example, node.values))
        elif isinstance(getattr(node, "value", None), str) and id(node) not in inside:
            yield node.value


def _example(part):
    if isinstance(part, ast.Constant):
        return part.value
    expression = ast.unparse(part.value)
    return STANDS_FOR.get(expression, f"{{{expression}}}")


def recommended():
    """The commands in the messages of all modules, and in the pages' templates."""
    found = {
        command.strip()
        for path in SOURCES.rglob("*.py")
        for text in texts(ast.parse(path.read_text(encoding="utf-8")))
        for command in COMMAND.findall(text)
    }
    for path in SOURCES.rglob("*.j2"):
        found |= {c.strip() for c in COMMAND.findall(path.read_text(encoding="utf-8"))}
    return sorted(found)


def problem(command):
    """Why a command, but for Snakemake's, is none; None if it is one."""
    program, *words = shlex.split(command)
    if "{" in command:
        return f"{command}: say in STANDS_FOR what its expressions stand for"
    if program == "python":
        return None if (ROOT / words[0]).is_file() else f"{words[0]} is missing"
    if program == "netnewton":
        try:
            main.parse(words)
        except SystemExit:  # it was --help
            return None
        except ConfigError as error:
            return str(error)
    return None


def test_every_recommended_command_parses():
    commands = recommended()
    assert len(commands) > 15 and "netnewton multiverse fig1 --out tmp" in commands
    assert [found for command in commands if (found := problem(command))] == []


@pytest.mark.parametrize(
    ("planted", "reason"),
    [
        ("netnewton multiverse fig9", "there is no 'fig9'"),
        ("netnewton fly", "there is no command 'fly'"),
        ("netnewton check --json FILE nash", None),
        ("netnewton report --jobs 2 x.json", "does not take '--jobs'"),
        ("python benchmarks/none.py", "is missing"),
        ("netnewton measure {unheard_of}", "say in STANDS_FOR"),
    ],
)
def test_a_command_that_is_none_is_found(planted, reason):
    tree = ast.parse(f"raise ConfigError(f'it is missing: make it with ./run {planted}')")
    (text,) = texts(tree)
    found = problem(COMMAND.findall(text)[0])
    assert found is None if reason is None else reason in found


@pytest.mark.end_to_end
def test_snakemake_knows_every_recommended_target(project):
    commands = [shlex.split(c)[1:] for c in recommended() if c.startswith("snakemake")]
    commands += [shlex.split(recipes.making(*config.load()["experiments"]))[2:]]
    targets = {word for words in commands for word in words if not re.match(r"--|\d+$", word)}
    assert {"studies", "sweep", "power", "multiverse", "simulate_pd_exact"} <= targets
    done = project.snakemake("--dry-run", "--quiet", "all", "--", *sorted(targets))
    assert done.returncode == 0, done.stderr


# Recipes -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "remedy"),
    [
        ("{root}/results/pd_exact/DX.nc", "name a result file that there is"),
        ("a.nc", "name a result file that there is"),
        ("{root}/results/mine/DN.nc", "name a result file that there is"),
        ("{root}/results/pd_exact/DN.nc", "./run snakemake --cores 2 simulate_pd_exact"),
        ("{root}/results/pd_exact/DN.provenance.json", "snakemake --cores 2 simulate_pd_exact"),
        ("{root}/results/thresholds.csv", "./run snakemake --cores 2 results/thresholds.csv"),
        ("else where/pd_exact/DN.nc", "./run netnewton run pd_exact --out 'else where'"),
        ("elsewhere/results/pd_exact/DN.nc", "netnewton run pd_exact --out elsewhere/results"),
        ("elsewhere/thresholds.csv", "./run netnewton measure elsewhere/measured.json"),
    ],
)
def test_a_missing_file_is_told_with_what_makes_it(path, remedy):
    said = str(recipes.Missing(Path(path.format(root=ROOT))))
    assert said.endswith(remedy)
    command = said.partition("./run ")[2]
    assert not command or problem(command) is None


def test_the_recipe_of_what_stands_beside_others_has_their_settings(tmp_path, capsys):
    words = ["run", "pd_exact", "--repetitions", "3", "--out", str(tmp_path)]
    changed = ["--set", "iterations=4", "--set", "network.law=sinkhorn", "--set", "floor=1e-3"]
    assert main.main([*words, *changed, "--method", "DN"]) == 0
    with pytest.raises(recipes.Missing) as missing:
        Results(tmp_path / "pd_exact/DG.nc")
    typed = shlex.split(str(missing.value).partition("./run netnewton ")[2])
    assert main.main(typed) == 0 and "moved" not in capsys.readouterr().err
    spec = Results(tmp_path / "pd_exact/DG.nc").spec
    assert spec.settings["iterations"] == 4 and spec.settings["network"]["law"] == "sinkhorn"
    assert Results(tmp_path / "pd_exact/DN.nc").spec.settings["method"]["floor"] == 1e-3


@pytest.mark.end_to_end
def test_measuring_a_claim_again_makes_a_result_that_is_missing(finished, project):
    """Although its summary is there, which is newer than all that it is made of."""
    for part in ("results", ".snakemake"):
        shutil.copytree(finished.folder / part, project.folder / part, dirs_exist_ok=True)
    before = (project.folder / "results/pd_exact/DN.nc").read_bytes()
    (project.folder / "results/pd_exact/DN.nc").unlink()
    report = json.loads((finished.folder / "paper_checks/report.json").read_text(encoding="utf-8"))
    (command,) = [c["command"] for c in report["claims"] if c["id"] == "fig1-faster"]
    made, checked = command.replace("./run ", "").split(" && ")
    assert project.run(*shlex.split(made)).returncode == 0
    assert (project.folder / "results/pd_exact/DN.nc").read_bytes() == before
    assert "1 claim: 1 reproduced" in project.run(*shlex.split(checked)).stdout
