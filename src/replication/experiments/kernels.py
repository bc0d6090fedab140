"""Which machine code the arithmetic runs through, pinned so that every bit is the same.

OpenBLAS, numpy and glibc choose their kernels by what the processor can do, and each kernel rounds
in an order of its own. Large steps amplify the last bits: in the gridworld one processor can give
four different runs. So ``import replication`` calls `pin`, before numpy is imported:

- one thread for OpenBLAS, OpenMP and MKL, on every machine;
- on x86-64, numpy's code for AVX2 and FMA and nothing above;
- on x86-64 Linux, OpenBLAS' code for Haswell, where the processor has AVX2 and FMA.

This overrides the environment, and every process that is started from here inherits it.
``NETNEWTON_NATIVE_ARITHMETIC=1`` leaves the kernels to the libraries and the environment; the
threads stay. glibc chooses before Python starts; it takes the same code wherever there is FMA.
"""

from __future__ import annotations

import os
import platform
import re
from collections.abc import Iterable, MutableMapping
from importlib.util import find_spec
from mmap import ACCESS_READ, mmap
from pathlib import Path
from typing import Any

NATIVE = "NETNEWTON_NATIVE_ARITHMETIC"
"""Environment variable of ours that switches the pin of the kernels off."""

ONE_THREAD = {f"{name}_NUM_THREADS": "1" for name in ("OMP", "OPENBLAS", "MKL")}
OPENBLAS = "Haswell"
NEEDED = {"avx2", "fma"}
"""What OpenBLAS' kernels for Haswell execute, as Linux names it; without these they crash."""

# numpy before 2.4 names the instructions one by one.
KEPT = {"SSSE3", "SSE41", "POPCNT", "SSE42", "AVX", "F16C", "FMA3", "AVX2", "X86_V2", "X86_V3"}
"""What numpy may choose code for; all else that it chooses by is disabled."""


def pin(environment: MutableMapping[str, str] = os.environ) -> None:
    """Choose the kernels of numpy and OpenBLAS, for this process if it has not imported numpy yet.

    Parameters
    ----------
    environment : mutable mapping
        Of the processes to pin; this one's by default.
    """
    environment.update(ONE_THREAD)
    if not _applies(environment):
        return
    environment.pop("NPY_ENABLE_CPU_FEATURES", None)  # numpy refuses to have both
    environment["NPY_DISABLE_CPU_FEATURES"] = " ".join(disabled(numpy_chooses_by()))
    environment.pop("OPENBLAS_CORETYPE", None)
    if processor_flags() >= NEEDED:
        environment["OPENBLAS_CORETYPE"] = OPENBLAS
    if "glibc.cpu." in environment.get("GLIBC_TUNABLES", ""):
        del environment["GLIBC_TUNABLES"]


def _applies(environment: MutableMapping[str, str]) -> bool:
    native = environment.get(NATIVE, "0") not in ("", "0")
    return not native and platform.machine() in ("x86_64", "AMD64")


def disabled(features: Iterable[str]) -> list[str]:
    """Those of numpy's features that the pin disables."""
    return [feature for feature in features if feature not in KEPT]


def numpy_chooses_by() -> list[str]:
    """The features by which the installed numpy chooses code, without importing it.

    They differ between builds, and naming another is a warning. numpy tells them once it is
    imported, when it has chosen; but the text of that warning, in its library, lists them. An empty
    list if there is no such text: that numpy does not choose.
    """
    numpy = find_spec("numpy")
    if numpy is None or numpy.origin is None:
        return []
    folder = Path(numpy.origin).parent / "_core"
    for library in folder.glob("_multiarray_umath.*"):
        with library.open("rb") as file, mmap(file.fileno(), 0, access=ACCESS_READ) as content:
            listed = re.search(rb"dispatched optimizations\n\(([\w ]+)\)", content)
            if listed:
                return listed[1].decode().split()
    return []


def processor_flags(description: str = "/proc/cpuinfo") -> set[str]:
    """What Linux says the first processor can do; nothing elsewhere."""
    found = re.search(r"^flags\s*:(.*)", _read(description, 8192), re.MULTILINE)
    return set(found[1].split()) if found else set()


def in_use() -> dict[str, Any]:
    """The kernels that this process does use, from the libraries themselves.

    Returns
    -------
    dict
        ``pinned``, whether they are those that `pin` asks for; ``openblas``, the kernels that
        the loaded OpenBLAS libraries use; ``numpy_features``, by which it chooses code and that
        it finds here; ``libc``.
    """
    from numpy._core import _multiarray_umath as numpy  # type: ignore[attr-defined]

    active = [name for name in numpy.__cpu_dispatch__ if numpy.__cpu_features__[name]]
    asked = [name for name in numpy.__cpu_dispatch__ if name in KEPT]
    openblas = openblas_kernels()
    libm_is_usual = "glibc.cpu." not in _read("/proc/self/environ")  # as this process started
    return {
        "pinned": active == asked != [] and openblas == [OPENBLAS] and libm_is_usual,
        "openblas": openblas,
        "numpy_features": active,
        "libc": " ".join(platform.libc_ver()),
    }


def openblas_kernels() -> list[str]:
    """The kernels of all OpenBLAS that this process has loaded; on Linux, elsewhere none."""
    import ctypes

    mapped = [line.split(maxsplit=5)[5:] for line in _read("/proc/self/maps").splitlines()]
    names = [
        f"{before}openblas_get_corename{after}"
        for before in ("scipy_", "")
        for after in ("64_", "")
    ]
    found = []
    for path in dict.fromkeys(path for (path,) in filter(None, mapped) if "openblas" in path):
        library = ctypes.CDLL(path)
        for function in filter(None, (getattr(library, name, None) for name in names)):
            function.restype = ctypes.c_char_p
            found.append(function().decode())
    return sorted(set(found))


def _read(path: str, characters: int = -1) -> str:
    try:
        with Path(path).open(encoding="utf-8", errors="replace") as file:
            return file.read(characters)
    except OSError:  # this is not Linux
        return ""
