# The whole flow on one page: simulate -> summarise -> draw -> check -> report.
# Values come from config/paper.yaml; a --configfile of yours is merged over it, and single values
# are set by --config set=pd_exact.repetitions=5.
from pathlib import Path

from replication import config as experiments


configfile: "config/paper.yaml"


try:
    settings = experiments.resolve(config)
except experiments.ConfigError as error:
    raise WorkflowError(f"the configuration is at fault: {error}")

METHODS = {name: experiments.methods(settings, name) for name in settings["experiments"]}
RESULTS = [f"results/{name}/{method}.nc" for name in METHODS for method in METHODS[name]]
FIGURES = [e["figure"] for e in settings["experiments"].values() if "figure" in e]
CONFIDENCE = settings.get("confidence", 0.98)

# Sources are inputs, so that editing one re-runs what depends on it.
LIBRARY = [str(path) for path in sorted(Path("src/netnewton").rglob("*.py"))]
SIMULATION = LIBRARY + [
    f"src/replication/{name}.py" for name in ("config", "experiments", "simulate", "storage")
]
HARNESS = LIBRARY + [
    str(path)
    for path in sorted(Path("src/replication").rglob("*"))
    if path.suffix in (".py", ".j2")
]


wildcard_constraints:
    experiment="|".join(METHODS),
    method=r"[A-Za-z0-9_]+",
    figure="|".join(FIGURES) or "none",


rule all:
    input:
        "paper_checks/report.md",
        "paper_checks/report.html",
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
    threads: 2
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


def results_of_figure(wildcards):
    return [
        f"results/{name}/{method}.nc"
        for name, experiment in settings["experiments"].items()
        if experiment.get("figure") == wildcards.figure
        for method in METHODS[name]
    ]


rule draw:
    input:
        HARNESS,
        results=results_of_figure,
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


rule check:
    input:
        HARNESS,
        "paper_checks/claims.yaml",
        "paper_checks/ambiguities.yaml",
        "paper_checks/schema.json",
        expand("figures/{figure}.txt", figure=FIGURES),
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
        "netnewton check --json {output:q} --runs {input.results:q} "
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
