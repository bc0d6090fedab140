"""The pin: the same bytes whatever kernels the environment asks for, and others without it."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from replication.experiments import kernels

ROOT = Path(__file__).resolve().parents[3]
NO_DISPATCH = {"NPY_DISABLE_CPU_FEATURES": " ".join(kernels.numpy_chooses_by())}
ASKED = {
    "nothing": {},
    "SkylakeX": {"OPENBLAS_CORETYPE": "SkylakeX", "NPY_DISABLE_CPU_FEATURES": ""},
    "Zen": {"OPENBLAS_CORETYPE": "Zen", "NPY_ENABLE_CPU_FEATURES": "X86_V3"},
    "Prescott": {"OPENBLAS_CORETYPE": "Prescott", "OMP_NUM_THREADS": "2", **NO_DISPATCH},
    "native": {"OPENBLAS_CORETYPE": "Prescott", kernels.NATIVE: "1", **NO_DISPATCH},
}
OURS = {
    "OPENBLAS_CORETYPE",
    "NPY_DISABLE_CPU_FEATURES",
    "NPY_ENABLE_CPU_FEATURES",
    "GLIBC_TUNABLES",
    kernels.NATIVE,
    *kernels.ONE_THREAD,
}


def asking(**variables):
    """This environment before it was pinned, with other variables."""
    inherited = {key: value for key, value in os.environ.items() if key not in OURS}
    return {**inherited, "PYTHONPATH": str(ROOT / "src"), **variables}


@pytest.fixture
def usual(monkeypatch):
    """An x86-64 processor with AVX2 and FMA, and a numpy that chooses by these features."""
    monkeypatch.setattr("platform.machine", lambda: "x86_64")
    monkeypatch.setattr(kernels, "processor_flags", lambda: {"avx", "avx2", "fma"})
    monkeypatch.setattr(kernels, "numpy_chooses_by", lambda: ["X86_V3", "X86_V4", "AVX512_ICL"])


def python(*words, **variables):
    command = [sys.executable, *words]
    return subprocess.Popen(command, env=asking(**variables), stdout=subprocess.PIPE, text=True)


@pytest.fixture(scope="module")
def found():
    """What tests/support/digests.py says where the environment asks for each of these."""
    script = str(ROOT / "tests/support/digests.py")
    running = {
        name: python("-W", "error::ImportWarning", script, **asked) for name, asked in ASKED.items()
    }
    said = {name: process.communicate()[0] for name, process in running.items()}
    assert {name: process.returncode for name, process in running.items()} == dict.fromkeys(said, 0)
    return {name: json.loads(text) for name, text in said.items()}


@pytest.mark.parametrize("asked", ["SkylakeX", "Zen", "Prescott"])
def test_whatever_is_asked_for_the_bytes_are_the_same(found, asked):
    assert found[asked] == found["nothing"]


@pytest.mark.parametrize("numbers", ["sampled", "tuned", "theorems", "estimators"])
def test_without_the_pin_other_kernels_give_other_bytes(found, numbers):
    """So that the test above can fail. Where nothing is pinned, nothing is to be seen."""
    assert not found["native"]["pinned"]
    if found["nothing"]["pinned"]:
        assert found["native"]["digests"][numbers] != found["nothing"]["digests"][numbers]


def test_workers_inherit_the_pin_and_use_one_thread(found):
    program = (
        "import json, os, joblib, replication\n"
        "from replication.experiments import kernels\n"
        "def look(_):\n"
        "    import numpy\n"
        "    return kernels.in_use(), os.environ['OPENBLAS_NUM_THREADS']\n"
        "print(json.dumps(joblib.Parallel(2)(joblib.delayed(look)(i) for i in range(2))))"
    )
    said, _ = python("-c", program, **ASKED["Zen"]).communicate()
    used = {key: value for key, value in found["nothing"].items() if key != "digests"}
    assert json.loads(said) == [[used, "1"]] * 2


def test_an_environment_is_overridden(usual):
    asked = {"OMP_NUM_THREADS": "8", "NPY_ENABLE_CPU_FEATURES": "X86_V4"}
    environment = asked | {"OPENBLAS_CORETYPE": "Zen", "GLIBC_TUNABLES": "glibc.cpu.hwcaps=-FMA"}
    kernels.pin(environment)
    assert environment.pop("OPENBLAS_CORETYPE") == "Haswell"
    assert environment == {**kernels.ONE_THREAD, "NPY_DISABLE_CPU_FEATURES": "X86_V4 AVX512_ICL"}


def test_the_variable_leaves_the_kernels_alone_but_not_the_threads(usual):
    environment = {"OPENBLAS_CORETYPE": "Zen", kernels.NATIVE: "1"}
    kernels.pin(environment)
    expected = {"OPENBLAS_CORETYPE": "Zen", kernels.NATIVE: "1", **kernels.ONE_THREAD}
    assert environment == expected


def test_another_machine_gets_the_threads_only(usual, monkeypatch):
    monkeypatch.setattr("platform.machine", lambda: "arm64")
    environment = {}
    kernels.pin(environment)
    assert environment == kernels.ONE_THREAD


def test_a_processor_without_avx2_is_not_told_to_use_it(usual, monkeypatch):
    monkeypatch.setattr(kernels, "processor_flags", lambda: {"sse2", "avx"})
    environment = {"OPENBLAS_CORETYPE": "SkylakeX"}
    kernels.pin(environment)
    assert "OPENBLAS_CORETYPE" not in environment


@pytest.mark.parametrize(
    ("chooses_by", "disabled"),
    [
        ("X86_V3 X86_V4 AVX512_ICL AVX512_SPR", "X86_V4 AVX512_ICL AVX512_SPR"),
        ("SSE42 AVX F16C FMA3 AVX2 AVX512F AVX512_SKX", "AVX512F AVX512_SKX"),
        ("", ""),
    ],
)
def test_what_the_pin_disables(chooses_by, disabled):
    assert kernels.disabled(chooses_by.split()) == disabled.split()


def test_numpy_is_asked_without_being_imported():
    """And says the same once it is; a name it did not know would be a warning."""
    program = (
        "import sys\nfrom replication.experiments import kernels\n"
        "found = kernels.numpy_chooses_by()\nassert 'numpy' not in sys.modules\n"
        "from numpy._core._multiarray_umath import __cpu_dispatch__\n"
        "assert found == __cpu_dispatch__, (found, __cpu_dispatch__)"
    )
    process = python("-W", "error", "-c", program)
    process.communicate()
    assert process.returncode == 0


def test_a_name_that_numpy_does_not_know_would_be_a_warning():
    variables = {kernels.NATIVE: "1", "NPY_DISABLE_CPU_FEATURES": "X86_V9"}
    process = python("-W", "error", "-c", "import numpy", **variables)
    process.communicate()
    assert process.returncode == 1


def test_the_flags_of_a_processor(tmp_path):
    description = tmp_path / "cpuinfo"
    description.write_text("model name\t: one\nflags\t\t: fpu avx2 fma\nflags\t\t: fpu\n")
    assert kernels.processor_flags(str(description)) == {"fpu", "avx2", "fma"}
    assert kernels.processor_flags(str(tmp_path / "nothing")) == set()


def test_numpy_imported_before_the_pin_is_told():
    """In this order the environment decides, and the record must say so."""
    program = (
        "import numpy, json\nfrom replication.experiments import kernels\n"
        "print(json.dumps(kernels.in_use()['pinned']))"
    )
    said, _ = python("-c", program, OPENBLAS_CORETYPE="Prescott").communicate()
    assert json.loads(said) is False
