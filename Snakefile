# The whole flow on one page: simulate -> summarise -> draw -> report, and measure beside them.
# Values come from config/paper.yaml; a --configfile of yours is merged over it, and single values
# are set by --config set=pd_exact.repetitions=5.
from pathlib import Path

from replication.experiments import config as experiments
from replication.experiments.files import digest
from replication.experiments.machine import processors
from replication.experiments.overrides import resolve
from replication.experiments.shown import check_figures


configfile: "config/paper.yaml"


try:
    settings = resolve(config)
    check_figures(settings)
    PAPER = experiments.load()["experiments"]
    # Experiments of a --configfile beside the paper's: they get data, a summary and curves.
    OWN = [name for name in settings["experiments"] if name not in PAPER]
    if OWN:
        from replication.experiments.build import check_built

        check_built(settings, OWN)
except experiments.ConfigError as error:
    raise WorkflowError(f"the configuration is at fault: {error}")

EXPERIMENTS = settings["experiments"]
METHODS = {name: experiments.methods(settings, name) for name in EXPERIMENTS}
RESULTS = {name: [f"results/{name}/{m}.nc" for m in METHODS[name]] for name in METHODS}
OF_PAPER = [path for name in PAPER for path in RESULTS[name]]
STUDIES = experiments.load_studies()
STUDY_TABLES = expand("paper_checks/studies/{study}.csv", study=STUDIES)
# Figures of tables are drawn beside those of results, while results are still being made.
TABLES = {
    "gridworld_sweep": STUDY_TABLES,
    "thresholds": ["results/thresholds.csv", "results/thresholds_edge.csv"],
}
# The figures of the multiverse; what its committed tables show stands beside the default's results.
EXPLORED = ["fig1", "fig2", "fig3"]
UNIVERSES = [f"{f}{end}" for f in EXPLORED for end in (".csv", ".json", "-deciding.csv")]
UNIVERSES += ["best_faith.csv", "best_faith.json"]
ATLAS = [f"paper_checks/multiverse/{name}" for name in UNIVERSES]
if not all(Path(path).exists() for path in ATLAS):
    ATLAS = []
# The tables of the trial that config/promise.yaml registers; its claims are read from them.
TRIED = "bands causes curves levels rates repetitions scores search winners".split()
TRIED = [*(f"{name}.csv" for name in TRIED), "made.json"]
TRIAL = [f"paper_checks/promise/{name}" for name in TRIED]
if not all(Path(path).exists() for path in TRIAL):
    TRIAL = []
if TRIAL:
    TABLES |= {"promise": TRIAL, "causes": TRIAL}
# The tables of the extended experiments, which config/extended.yaml declares, and their figures.
WIDER = "curves graphs losses others rounds search sizes winners".split()
WIDER = [*(f"{name}.csv" for name in WIDER), "made.json"]
EXTENDED = [f"paper_checks/extended/{name}" for name in WIDER]
if all(Path(path).exists() for path in EXTENDED):
    TABLES |= {f"extended/{name}": EXTENDED for name in ("size", "rounds", "links")}
    TABLES["extended/scaling"] = ["benchmarks/scaling.csv"]
SHOWN = {f for e in EXPERIMENTS.values() for f in e.get("figures", [])} - set(TABLES)
if ATLAS:
    SHOWN |= {"best_faith", "governing", "plausible", *(f"specification_{f}" for f in EXPLORED)}
FIGURES = {"results": sorted(SHOWN), "tables": sorted(TABLES)}
CONFIDENCE = settings.get("confidence", 0.98)

# What is claimed, and what the paper leaves open.
LEDGERS = [
    str(path)
    for folder in ("claims", "ambiguities")
    for path in sorted(Path("paper_checks", folder).glob("*.yaml"))
]

# Whatever --cores says: jobs beyond the processors only take each other's cache.
CORES = workflow.cores or 1
THREADS = max(1, -(-CORES // processors()))
# Methods of one experiment that are simulated at once, where there are processors for it.
AT_ONCE = max(1, (min(CORES, processors()) - 1) // 2)


# What a job's code is made of, as a digest: editing it makes the job run again. A start-up of
# Python costs more than most jobs, so that a job is a whole experiment, or all figures.
def sources(*names):
    return digest([f"src/{name}" for name in names])[:16]


SIMULATING = """build config files hints kernels make methods names problems recipes results
simulate""".split()
SIMULATION = ("netnewton", *(f"replication/experiments/{name}.py" for name in SIMULATING))
MEASURING = (
    "netnewton",
    *(f"replication/{n}" for n in ("experiments", "second_opinions", "claims")),
)
POWER = ("replication/readings", "replication/power")
ROOMS = ("readings", "multiverse", "promise", "extended", "figures")
DRAWING = (*MEASURING, *(f"replication/{n}" for n in ROOMS))
TEMPLATES = [str(p)[len("src/") :] for p in Path("src/replication/report/templates").rglob("*.*")]
REPORTING = (
    *DRAWING,
    "replication/power",
    "replication/controls",
    "replication/report",
    *sorted(TEMPLATES),
)


wildcard_constraints:
    experiment="|".join(METHODS),
    suffix="svg|png",
    study="|".join(STUDIES),


rule all:
    input:
        "paper_checks/report.md",
        "paper_checks/report.html",
        "results/compared.txt",
        expand("results/{experiment}/summary.csv", experiment=METHODS),
        expand("results/{experiment}/curves.svg", experiment=OWN),
    localrule: True


def of_own(wildcards):
    """What is made of experiments that are not the paper's."""
    if not OWN:
        raise WorkflowError("no experiment of your own: give its file with --configfile")
    made = ("summary.csv", "curves.svg")
    return expand("results/{experiment}/{made}", experiment=OWN, made=made)


# ./run snakemake --cores 2 own --configfile config/examples/own.yaml
rule own:
    input:
        of_own,
    localrule: True


def steps_played(experiment):
    """How long an experiment takes, roughly: the longest start first, or others wait for them."""
    learning, batches = experiment["derivatives"], ("derivatives", "evaluation")
    each = sum(experiment[key].get("batch_size", 1) for key in batches) * learning.get("horizon", 1)
    return each * experiment["iterations"] * experiment["repetitions"] * len(experiment["methods"])


for name, methods in METHODS.items():

    rule:
        name:
            f"simulate_{name}"
        output:
            RESULTS[name],
            expand("results/{experiment}/{m}.provenance.json", experiment=name, m=methods),
        log:
            f"results/logs/simulate-{name}.log",
        priority: steps_played(EXPERIMENTS[name])
        conda:
            "environment.yml"
        threads: THREADS * AT_ONCE
        resources:
            methods=AT_ONCE,
        params:
            specs=[experiments.spec(settings, name, method).to_json() for method in methods],
            sources=sources(*SIMULATION),
        shell:
            "netnewton simulate {params.specs:q} --jobs {resources.methods} > {log:q} 2>&1"


rule summarise:
    input:
        lambda w: RESULTS[w.experiment],
    output:
        "results/{experiment}/summary.csv",
    log:
        "results/logs/summarise-{experiment}.log",
    conda:
        "environment.yml"
    threads: THREADS
    params:
        confidence=CONFIDENCE,
        sources=sources("replication/experiments"),
    shell:
        "netnewton summarise {output:q} {input:q} --confidence {params.confidence} "
        "> {log:q} 2>&1"


# Of any experiment: ./run snakemake --cores 2 results/pd_exact/curves.svg
rule curves:
    input:
        lambda w: RESULTS[w.experiment],
    output:
        "results/{experiment}/curves.{suffix}",
    log:
        "results/logs/curves-{experiment}-{suffix}.log",
    conda:
        "environment.yml"
    threads: THREADS
    params:
        confidence=CONFIDENCE,
        sources=sources("replication/experiments", "replication/figures"),
    shell:
        "netnewton plot {input:q} --out {output:q} --confidence {params.confidence} "
        "> {log:q} 2>&1"


def results_of(figures):
    """The results of all experiments that have one of the figures."""
    shown = [name for name, e in EXPERIMENTS.items() if set(figures) & set(e.get("figures", []))]
    return [path for name in shown for path in RESULTS[name]]


for kind, figures in FIGURES.items():

    rule:
        name:
            f"draw_{kind}"
        input:
            TABLES.values() if kind == "tables" else [*STUDY_TABLES, *ATLAS],
            results=results_of(figures) if kind == "results" else [],
        output:
            expand("figures/{f}.{suffix}", f=figures, suffix=("svg", "png", "csv", "txt")),
        log:
            f"results/logs/draw-{kind}.log",
        priority: 1
        conda:
            "environment.yml"
        threads: THREADS
        params:
            figures=figures,
            confidence=CONFIDENCE,
            sources=sources(*DRAWING),
        shell:
            "netnewton draw {params.figures} {input.results:q} --confidence {params.confidence} "
            "> {log:q} 2>&1"


# Not part of `all`: ./run snakemake --cores 2 figures/gridworld_paths.gif
rule animate:
    input:
        results_of(["gridworld_paths"]),
    output:
        "figures/gridworld_paths.gif",
    log:
        "results/logs/animate.log",
    conda:
        "environment.yml"
    params:
        sources=sources(*DRAWING),
    shell:
        "netnewton animate {input:q} --out {output:q} > {log:q} 2>&1"


rule study:
    input:
        "config/paper.yaml",
        "config/studies.yaml",
    output:
        table="results/studies/{study}.csv",
        picture="results/studies/{study}.svg",
    log:
        "results/logs/study-{study}.log",
    conda:
        "environment.yml"
    threads: workflow.cores
    params:
        grid=lambda w: STUDIES[w.study],
        confidence=CONFIDENCE,
        sources=sources("netnewton", "replication/experiments"),
    shell:
        "netnewton study {wildcards.study} {output.table:q} --jobs {threads} "
        "--confidence {params.confidence} > {log:q} 2>&1"


# Takes minutes, so that `all` uses the tables that are committed; this target renews them.
rule studies:
    input:
        expand("results/studies/{study}.csv", study=STUDIES),
    log:
        "results/logs/studies.log",
    conda:
        "environment.yml"
    shell:
        "cp {input:q} paper_checks/studies/ > {log:q} 2>&1"


# Takes seven minutes, so that `all` uses the table that is committed. An interrupted sweep goes on
# where it was: what is finished is kept in results/sweep.
rule sweep:
    input:
        "config/paper.yaml",
        LEDGERS,
        STUDY_TABLES,
    output:
        "results/sweep/readings.json",
    log:
        "results/logs/sweep.log",
    conda:
        "environment.yml"
    threads: THREADS
    params:
        confidence=CONFIDENCE,
        sources=sources(*MEASURING, "replication/readings"),
    shell:
        "netnewton sweep {output:q} --jobs {threads} --confidence {params.confidence} "
        "> {log:q} 2>&1 && cp {output:q} paper_checks/readings.json"


# Takes 25 minutes, so that `all` uses the tables that are committed. More universes than these:
# ./run netnewton multiverse fig3 --universes 4000
rule multiverse:
    input:
        "config/paper.yaml",
        "paper_checks/multiverse.yaml",
        LEDGERS,
    output:
        expand("results/multiverse/{name}", name=UNIVERSES),
    log:
        "results/logs/multiverse.log",
    conda:
        "environment.yml"
    threads: workflow.cores
    params:
        figures=EXPLORED,
        confidence=CONFIDENCE,
        jobs=min(workflow.cores or 1, processors()),
        sources=sources(*MEASURING, "replication/readings", "replication/multiverse"),
    shell:
        "(for figure in {params.figures} together; do netnewton multiverse $figure --jobs {params.jobs} "
        "--confidence {params.confidence} || exit 1; done) > {log:q} 2>&1 && "
        "mkdir -p paper_checks/multiverse && cp {output:q} paper_checks/multiverse/"


# Takes minutes as well. Its repetitions are fixed in paper_checks/power.yaml.
rule power:
    input:
        "config/paper.yaml",
        "paper_checks/power.yaml",
        LEDGERS,
        STUDY_TABLES,
    output:
        "results/power/power.json",
    log:
        "results/logs/power.log",
    conda:
        "environment.yml"
    threads: workflow.cores
    params:
        confidence=CONFIDENCE,
        sources=sources(*MEASURING, *POWER),
    shell:
        "netnewton power {output:q} --jobs {threads} --confidence {params.confidence} "
        "> {log:q} 2>&1 && cp {output:q} paper_checks/power.json"


# Takes nine minutes on two cores. What is finished is kept in results/promise/done, so that an
# interrupted trial goes on where it was.
rule promise:
    input:
        "config/paper.yaml",
        "config/promise.yaml",
    output:
        expand("results/promise/tables/{name}", name=TRIED),
    log:
        "results/logs/promise.log",
    conda:
        "environment.yml"
    threads: workflow.cores
    params:
        confidence=CONFIDENCE,
        jobs=min(workflow.cores or 1, processors()),
        sources=sources(*MEASURING, "replication/promise"),
    # glibc keeps freed memory: asking for a batch's anew and again costs up to a fourth of a run.
    shell:
        "MALLOC_MMAP_THRESHOLD_=33554432 MALLOC_TRIM_THRESHOLD_=2000000000 "
        "netnewton promise --jobs {params.jobs} --confidence {params.confidence} "
        "> {log:q} 2>&1 && "
        "mkdir -p paper_checks/promise && cp {output:q} paper_checks/promise/"


# Takes six minutes on two cores. What is finished is kept in results/extended/done, likewise.
rule extended:
    input:
        "config/extended.yaml",
    output:
        expand("results/extended/tables/{name}", name=WIDER),
    log:
        "results/logs/extended.log",
    conda:
        "environment.yml"
    threads: workflow.cores
    params:
        confidence=CONFIDENCE,
        jobs=min(workflow.cores or 1, processors()),
        sources=sources("netnewton", "replication/experiments", "replication/extended"),
    shell:
        "netnewton extended --jobs {params.jobs} --confidence {params.confidence} "
        "> {log:q} 2>&1 && "
        "mkdir -p paper_checks/extended && cp {output:q} paper_checks/extended/"


# Fresh verdicts beside those committed: --config referee_seed=... chooses the seed.
rule referee:
    input:
        "config/paper.yaml",
        "paper_checks/power.yaml",
        LEDGERS,
        STUDY_TABLES,
    log:
        "results/logs/referee.log",
    conda:
        "environment.yml"
    threads: workflow.cores
    params:
        seed=f"--seed {settings['referee_seed']}" if "referee_seed" in settings else "",
        confidence=CONFIDENCE,
        sources=sources(*MEASURING, *POWER),
    shell:
        "netnewton referee {params.seed} --jobs {threads} --confidence {params.confidence} "
        "> {log:q} 2>&1"


# As long as all other checks together, and in need of no result: it runs beside the simulations.
rule measure:
    input:
        LEDGERS,
        TRIAL,
        "paper_checks/schema.json",
        "paper_checks/costs.csv",
        TRIAL,
    output:
        measured="results/measured.json",
        thresholds=TABLES["thresholds"],
    log:
        "results/logs/measure.log",
    priority: max(map(steps_played, EXPERIMENTS.values()))
    conda:
        "environment.yml"
    threads: THREADS
    params:
        confidence=CONFIDENCE,
        sources=sources(*MEASURING),
    shell:
        "netnewton measure {output.measured:q} --confidence {params.confidence} > {log:q} 2>&1"


# The raw results in one file, to verify verdicts from: netnewton verify --archive results/raw.zip
rule archive:
    input:
        "results/measured.json",
        OF_PAPER,
    output:
        "results/raw.zip",
    log:
        "results/logs/archive.log",
    conda:
        "environment.yml"
    shell:
        "netnewton archive --out {output:q} > {log:q} 2>&1"


rule report:
    input:
        LEDGERS,
        expand("paper_checks/{name}.yaml", name=("errata", "limitations")),
        "paper_checks/schema.json",
        "paper_checks/readings.json",
        "paper_checks/power.json",
        STUDY_TABLES,
        ATLAS,
        expand("figures/{f}.{suffix}", f=sum(FIGURES.values(), []), suffix=("svg", "txt")),
        measured="results/measured.json",
        results=OF_PAPER,
    output:
        data="paper_checks/report.json",
        pages=["paper_checks/report.md", "paper_checks/report.html"],
    log:
        "results/logs/report.log",
    priority: 1
    conda:
        "environment.yml"
    threads: THREADS
    params:
        confidence=CONFIDENCE,
        sources=sources(*REPORTING),
    shell:
        "netnewton collect {output.data:q} {input.results:q} --pages paper_checks "
        "--measured {input.measured:q} --confidence {params.confidence} > {log:q} 2>&1"


# Whether these are the committed bytes; what differs does not fail the run. The report is made of
# results and figures, so that it stands for them.
rule compare:
    input:
        "paper_checks/manifest.json" if Path("paper_checks/manifest.json").exists() else [],
        "paper_checks/report.md",
        "paper_checks/report.html",
        expand("results/{experiment}/summary.csv", experiment=PAPER),
    output:
        "results/compared.txt",
    log:
        "results/logs/compare.log",
    conda:
        "environment.yml"
    threads: THREADS
    params:
        sources=sources(*REPORTING, "replication/review"),
    shell:
        "netnewton compare {output:q} > {log:q} 2>&1"
