"""Builds the native part: every `native/**/*.pyx` and `bench/**/*.pyx` is one extension module. Everything else stands in pyproject.toml.

Nothing is probed or compiled before `build_ext` runs, so that metadata and the sdist can be made without a compiler.

NATIVE_DEBUG=1 builds with Cython's checks, C asserts and the address and undefined-behaviour sanitizers.
TRESEN_CRYPTO=openssl leaves Intel ipsec-mb out even where it is installed.
NATIVE_SKIP=1 installs the Python part only: for an editable install whose native part `build_ext --inplace` keeps up to date.
"""

import os
import platform
import subprocess
import sys
import sysconfig
import tempfile
from pathlib import Path
from typing import Any, NoReturn

from Cython.Build import cythonize
from Cython.Compiler.Errors import CompileError as CythonError
from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext
from setuptools.errors import CompileError, LinkError

# Relative paths throughout: sdist and build_ext want sources relative to setup.py, and no machine's path belongs in a build.
os.chdir(Path(__file__).parent)

DEBUG = os.environ.get("NATIVE_DEBUG") == "1"
SANITIZERS = ["-fsanitize=address,undefined", "-fno-omit-frame-pointer"]
# The generated C of both kinds of build lies apart, since Cython looks at times only, not at directives.
GENERATED = "build/sanitize/cython" if DEBUG else "build/cython"

DIRECTIVES = {
    "language_level": 3,
    "boundscheck": DEBUG,
    "wraparound": False,
    "cdivision": True,
    "initializedcheck": False,
    "embedsignature": True,
}
COMPILE_ARGS = ["-std=gnu11", "-Wall", "-Wno-unused-function", "-Wno-unreachable-code", "-fvisibility=hidden"]
COMPILE_ARGS += ["-O1", "-g", *SANITIZERS] if DEBUG else ["-O3", "-g1"]
# Each module is bound to the libraries it uses and to no other.
LINK_ARGS = ["-Wl,--as-needed", *(SANITIZERS if DEBUG else [])]


def give_up(sentence: str) -> NoReturn:
    """Ends the build with one sentence that says what to do."""
    sys.exit(f"\ntresen: {sentence}")


def compiles(source: str, *libraries: str) -> bool:
    """Whether the C compiler takes (and links) this program."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "probe.c")
        file.write_text(source)
        command = [*os.environ.get("CC", "cc").split(), f"-I{sysconfig.get_path('include')}", str(file), "-o", str(file.with_suffix(""))]
        try:
            return subprocess.run(command + [f"-l{name}" for name in libraries], capture_output=True, check=False).returncode == 0
        except FileNotFoundError:
            return False


def require(found: bool, what: str, package: str) -> None:
    if not found:
        give_up(f"{what} is missing; on Debian and Ubuntu install it with: apt-get install {package}")


def native_options() -> dict[str, Any]:
    """Libraries and macros this machine can build with; ends the build when something indispensable is missing."""
    if platform.system() != "Linux":
        give_up(f"the native part needs Linux (epoll, eventfd, recvmmsg); this is {platform.system()}. Use a Linux machine or container.")
    require(compiles("int main(void) { return 0; }"), "a C compiler", "build-essential")
    headers = f"python{sys.version_info.major}.{sys.version_info.minor}-dev"
    require(compiles("#include <Python.h>\nint main(void) { return 0; }"), "Python's header <Python.h>", headers)
    openssl = "#include <openssl/evp.h>\nint main(void) { return !EVP_aes_128_gcm(); }"
    require(compiles(openssl, "crypto"), "OpenSSL's header <openssl/evp.h>", "libssl-dev")
    opus = "#include <opus/opus.h>\nint main(void) { return !opus_get_version_string(); }"
    require(compiles(opus, "opus"), "Opus' header <opus/opus.h>", "libopus-dev")
    ipsec_mb = platform.machine() in ("x86_64", "AMD64") and os.environ.get("TRESEN_CRYPTO") != "openssl"
    if ipsec_mb and compiles("#include <intel-ipsec-mb.h>\nint main(void) { return !alloc_mb_mgr(0); }", "IPSec_MB"):
        return {"libraries": ["crypto", "opus", "m", "IPSec_MB"], "define_macros": [("TRESEN_IPSEC_MB", "1")]}
    return {"libraries": ["crypto", "opus", "m"], "define_macros": [("TRESEN_IPSEC_MB", "0")]}


def extensions() -> list[Extension]:
    if os.environ.get("NATIVE_SKIP") == "1":
        return []
    sources = sorted(source for folder in ("native", "bench") for source in Path(folder).glob("**/*.pyx"))
    return [Extension(".".join(source.with_suffix("").parts), [str(source)]) for source in sources]


class native_build_ext(build_ext):
    """build_ext that asks the machine first, runs Cython, uses all cores and fails in one sentence."""

    generated = GENERATED  # folder of the C files; the law tests set another

    def finalize_options(self) -> None:
        super().finalize_options()
        self.parallel = self.parallel or os.cpu_count()

    def run(self) -> None:
        if self.extensions:
            self.generate()
        try:
            super().run()
        except (CompileError, LinkError) as error:
            give_up(f"the C compiler failed on the native part ({error}); its own message is above.")

    def generate(self) -> None:
        """Cython to C, for those extensions whose sources (or the pxd files they use) are newer."""
        options = native_options()
        by_name = {extension.name: extension for extension in self.extensions}
        copies = [Extension(name, list(extension.sources)) for name, extension in by_name.items()]
        try:
            generated = cythonize(
                copies, compiler_directives=DIRECTIVES, build_dir=self.generated, nthreads=os.cpu_count() or 1, force=bool(self.force)
            )
        except CythonError:
            give_up("Cython cannot compile the native part; its own message is above.")
        headers = [str(header) for header in Path("native").glob("**/*.h")]
        for made in generated:
            extension = by_name[made.name]
            extension.sources = made.sources
            extension.depends = [*made.depends, *headers]
            extension.libraries = options["libraries"]
            extension.define_macros = options["define_macros"]
            extension.include_dirs = ["."]
            extension.extra_compile_args = COMPILE_ARGS
            extension.extra_link_args = LINK_ARGS


setup(ext_modules=extensions(), cmdclass={"build_ext": native_build_ext})
