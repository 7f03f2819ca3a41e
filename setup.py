"""Builds the native part: every `native/**/*.pyx` is one extension module. Everything else stands in pyproject.toml.

NATIVE_DEBUG=1 builds with Cython's checks, C asserts and the address and undefined-behaviour sanitizers.
TRESEN_CRYPTO=openssl leaves Intel ipsec-mb out even where it is installed.
"""

import os
import platform
import subprocess
import sys
import tempfile
from pathlib import Path

from Cython.Build import cythonize
from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext

ROOT = Path(__file__).parent
DEBUG = os.environ.get("NATIVE_DEBUG") == "1"

DIRECTIVES = {
    "language_level": 3,
    "boundscheck": DEBUG,
    "wraparound": False,
    "cdivision": True,
    "initializedcheck": False,
    "embedsignature": True,
}
COMPILE_ARGS = ["-std=gnu11", "-Wall", "-Wno-unused-function", "-Wno-unreachable-code", "-fvisibility=hidden"]
COMPILE_ARGS += ["-O1", "-g", "-fno-omit-frame-pointer", "-fsanitize=address,undefined"] if DEBUG else ["-O3", "-g1"]
LINK_ARGS = ["-fsanitize=address,undefined"] if DEBUG else []


def compiles(source: str, *libraries: str) -> bool:
    """Whether the C compiler takes (and links) this program."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "probe.c")
        file.write_text(source)
        command = [os.environ.get("CC", "cc"), str(file), "-o", str(file.with_suffix(""))]
        try:
            return subprocess.run(command + [f"-l{name}" for name in libraries], capture_output=True).returncode == 0
        except FileNotFoundError:
            return False


def require(found: bool, what: str, package: str) -> None:
    """Ends the build with one sentence that says what to install."""
    if not found:
        sys.exit(f"tresen: {what} is missing; on Debian and Ubuntu install it with: apt-get install {package}")


def crypto_options() -> dict[str, list]:
    """Libraries and macros of the crypto provider this machine can build."""
    require(compiles("int main(void) { return 0; }"), "a C compiler", "build-essential")
    require(compiles("#include <openssl/evp.h>\nint main(void) { return !EVP_aes_128_gcm(); }", "crypto"), "OpenSSL's header <openssl/evp.h>", "libssl-dev")
    ipsec_mb = platform.machine() in ("x86_64", "AMD64") and os.environ.get("TRESEN_CRYPTO") != "openssl"
    if ipsec_mb and compiles("#include <intel-ipsec-mb.h>\nint main(void) { return !alloc_mb_mgr(0); }", "IPSec_MB"):
        return {"libraries": ["crypto", "IPSec_MB"], "define_macros": [("TRESEN_IPSEC_MB", "1")]}
    return {"libraries": ["crypto"], "define_macros": [("TRESEN_IPSEC_MB", "0")]}


def extensions() -> list[Extension]:
    options = crypto_options()
    return [
        Extension(
            ".".join(source.relative_to(ROOT).with_suffix("").parts),
            [str(source.relative_to(ROOT))],
            libraries=options["libraries"],
            define_macros=options["define_macros"],
            extra_compile_args=COMPILE_ARGS,
            extra_link_args=LINK_ARGS,
        )
        for source in sorted(ROOT.glob("native/**/*.pyx"))
    ]


class parallel_build_ext(build_ext):
    """build_ext that uses all cores unless told otherwise."""

    def finalize_options(self) -> None:
        super().finalize_options()
        self.parallel = self.parallel or os.cpu_count()


# A build front end asks for metadata only (egg_info, dist_info, sdist) without wanting a compiler to run.
BUILDING = any(word in sys.argv for word in ("build_ext", "build", "bdist_wheel", "install", "develop", "editable_wheel"))

setup(
    ext_modules=cythonize(extensions(), compiler_directives=DIRECTIVES, build_dir="build/cython", nthreads=os.cpu_count() or 1)
    if BUILDING
    else [],
    cmdclass={"build_ext": parallel_build_ext},
)
