# The whole flow on one page: simulate -> summarise -> draw -> check -> report.
# Values come from config/paper.yaml; a --configfile of yours is merged over it, and single values
# are set by --config set=pd_exact.repetitions=5.
from pathlib import Path

from replication.experiments import config as experiments
from replication.experiments.machine import processors


configfile: "config/paper.yaml"


try:
    settings = experiments.resolve(config)
except experiments.ConfigError as error:
    raise WorkflowError(f"the configuration is at fault: {error}")

METHODS = {name: experiments.methods(settings, name) for name in settings["experiments"]}
RESULTS = [f"results/{name}/{method}.nc" for name in METHODS for method in METHODS[name]]
# Figures of tables, beside those of results.
TABLES = {
    "readings": ["paper_checks/readings.json"],
    "thresholds": ["results/thresholds.csv", "results/thresholds_edge.csv"],
}
FIGURES = sorted(
    {f for e in settings["experiments"].values() for f in e.get("figures", [])} | set(TABLES)
)
STUDIES = experiments.load_studies()
# Whatever --cores says: jobs beyond the processors only take each other's cache.
THREADS = max(1, -(-workflow.cores // processors())) if workflow.cores else 1
CONFIDENCE = settings.get("confidence", 0.98)

# Sources are inputs, so that editing one re-runs what depends on it.
LIBRARY = [str(path) for path in sorted(Path("src/netnewton").rglob("*.py"))]
SIMULATION = LIBRARY + [
    f"src/replication/experiments/{name}.py"
    for name in ("build", "config", "files", "problems", "results", "simulate")
]
HARNESS = LIBRARY + [
    str(path)
    for path in sorted(Path("src/replication").rglob("*"))
    if path.suffix in (".py", ".j2", ".css", ".js")
]


wildcard_constraints:
    experiment="|".join(METHODS),
    method=r"[A-Za-z0-9_]+",
    figure="|".join(FIGURES) or "none",
    study="|".join(STUDIES),


rule all:
    input:
        "paper_checks/report.md",
        "paper_checks/report.html",
        "results/compared.txt",
        expand("results/{experiment}/summary.csv", experiment=METHODS),
    localrule: True


rule simulate:
    input:
        SIMULATION,
    output:
        data="results/{experiment}/{method}.nc",
        provenance="results/{experiment}/{method}.provenance.json",
    log:
        "results/logs/simulate-{experiment}-{method}.log",
    conda:
        "environment.yml"
    threads: THREADS
    params:
        spec=lambda w: experiments.spec(settings, w.experiment, w.method).to_json(),
    shell:
        "netnewton simulate {params.spec:q} {output.data:q} --jobs {threads} 2>&1 | tee {log:q}"


rule summarise:
    input:
        HARNESS,
        results=lambda w: [f"results/{w.experiment}/{m}.nc" for m in METHODS[w.experiment]],
    output:
        "results/{experiment}/summary.csv",
    log:
        "results/logs/summarise-{experiment}.log",
    conda:
        "environment.yml"
    params:
        confidence=CONFIDENCE,
    shell:
        "netnewton summarise {output:q} {input.results:q} --confidence {params.confidence} "
        "2>&1 | tee {log:q}"


def results_of(figure):
    return [
        f"results/{name}/{method}.nc"
        for name, experiment in settings["experiments"].items()
        if figure in experiment.get("figures", [])
        for method in METHODS[name]
    ]


rule draw:
    input:
        HARNESS,
        lambda w: TABLES.get(w.figure, []),
        expand("paper_checks/studies/{study}.csv", study=STUDIES),
        results=lambda w: results_of(w.figure),
    output:
        multiext("figures/{figure}", ".svg", ".png", ".csv", ".txt"),
    log:
        "results/logs/draw-{figure}.log",
    conda:
        "environment.yml"
    params:
        confidence=CONFIDENCE,
    shell:
        "netnewton draw {wildcards.figure} {input.results:q} --confidence {params.confidence} "
        "2>&1 | tee {log:q}"


# Not part of `all`: ./run snakemake --cores 2 figures/gridworld_paths.gif
rule animate:
    input:
        HARNESS,
        results=results_of("gridworld_paths"),
    output:
        "figures/gridworld_paths.gif",
    log:
        "results/logs/animate.log",
    conda:
        "environment.yml"
    shell:
        "netnewton animate {input.results:q} --out {output:q} 2>&1 | tee {log:q}"


rule study:
    input:
        SIMULATION,
        "src/replication/experiments/tune.py",
        "config/paper.yaml",
        "config/studies.yaml",
    output:
        "results/studies/{study}.csv",
    log:
        "results/logs/study-{study}.log",
    conda:
        "environment.yml"
    threads: workflow.cores
    params:
        grid=lambda w: STUDIES[w.study],
        confidence=CONFIDENCE,
    shell:
        "netnewton study {wildcards.study} {output:q} --jobs {threads} "
        "--confidence {params.confidence} 2>&1 | tee {log:q}"


# Takes minutes, so that `all` uses the tables that are committed; this target renews them.
rule studies:
    input:
        expand("results/studies/{study}.csv", study=STUDIES),
    log:
        "results/logs/studies.log",
    conda:
        "environment.yml"
    shell:
        "cp {input:q} paper_checks/studies/ 2>&1 | tee {log:q}"


# Takes ten minutes, so that `all` uses the table that is committed. An interrupted sweep goes on
# where it was: what is finished is kept in results/sweep.
rule sweep:
    input:
        HARNESS,
        "config/paper.yaml",
        "paper_checks/ambiguities.yaml",
        "paper_checks/claims.yaml",
        expand("paper_checks/studies/{study}.csv", study=STUDIES),
    output:
        "results/sweep/readings.json",
    log:
        "results/logs/sweep.log",
    conda:
        "environment.yml"
    threads: THREADS
    params:
        confidence=CONFIDENCE,
    shell:
        "netnewton sweep {output:q} --jobs {threads} --confidence {params.confidence} "
        "2>&1 | tee {log:q} && cp {output:q} paper_checks/readings.json"


# As long as all other checks together, and in need of no result: it runs beside the simulations.
rule measure:
    input:
        HARNESS,
        "paper_checks/claims.yaml",
        "paper_checks/ambiguities.yaml",
        "paper_checks/schema.json",
        "paper_checks/costs.csv",
    output:
        measured="results/measured.json",
        thresholds=TABLES["thresholds"],
    log:
        "results/logs/measure.log",
    conda:
        "environment.yml"
    params:
        confidence=CONFIDENCE,
    shell:
        "netnewton measure {output.measured:q} --confidence {params.confidence} 2>&1 | tee {log:q}"


# The raw results in one file, to verify verdicts from: netnewton verify --archive results/raw.zip
rule archive:
    input:
        "results/measured.json",
        RESULTS,
    output:
        "results/raw.zip",
    log:
        "results/logs/archive.log",
    conda:
        "environment.yml"
    shell:
        "netnewton archive --out {output:q} 2>&1 | tee {log:q}"


rule check:
    input:
        HARNESS,
        "paper_checks/claims.yaml",
        expand("paper_checks/{ledger}.yaml", ledger=("ambiguities", "errata", "limitations")),
        "paper_checks/schema.json",
        "paper_checks/readings.json",
        expand("paper_checks/studies/{study}.csv", study=STUDIES),
        expand("figures/{figure}.txt", figure=FIGURES),
        measured="results/measured.json",
        results=RESULTS,
    output:
        "paper_checks/report.json",
    log:
        "results/logs/check.log",
    conda:
        "environment.yml"
    params:
        confidence=CONFIDENCE,
    shell:
        "netnewton check --json {output:q} --runs {input.results:q} --measured {input.measured:q} "
        "--confidence {params.confidence} 2>&1 | tee {log:q}"


rule report:
    input:
        HARNESS,
        expand("figures/{figure}.svg", figure=FIGURES),
        data="paper_checks/report.json",
    output:
        "paper_checks/report.md",
        "paper_checks/report.html",
    log:
        "results/logs/report.log",
    conda:
        "environment.yml"
    shell:
        "netnewton report {input.data:q} 2>&1 | tee {log:q}"


# Says in one line whether these are the committed bytes; what differs does not fail the run.
rule compare:
    input:
        RESULTS,
        "paper_checks/manifest.json" if Path("paper_checks/manifest.json").exists() else [],
        "paper_checks/report.md",
        "paper_checks/report.html",
        expand("figures/{figure}.svg", figure=FIGURES),
        expand("results/{experiment}/summary.csv", experiment=METHODS),
    output:
        "results/compared.txt",
    log:
        "results/logs/compare.log",
    conda:
        "environment.yml"
    shell:
        "netnewton compare {output:q} 2>&1 | tee {log:q}"
