"""
Stand-ins for NVIDIA's libraries, so that PyTorch's build for GPUs loads without a GPU and without their gigabytes. What is
called in them answers "no device", as theirs do where there is none.
"""

import re
import subprocess
from pathlib import Path

SYSTEM = re.compile(r"lib(c|m|dl|rt|pthread|gcc_s|stdc\+\+)\.so\.\d+|ld-linux-x86-64\.so\.2|libcuda\.so\.1")
"""There on every computer, or not looked for before a GPU is used."""
NVIDIA = re.compile(r"nccl|cuFile|nvshmem|cu[A-Z]|cudnn|curand|cufft|cublas|cusparse|cusolver|nvrtc")
"""Names that their libraries define; some come without a version."""
NO_DEVICE = 100
"""cudaErrorNoDevice, CUDA_ERROR_NO_DEVICE."""


def wanted_stubs(libraries):
    """`libraries`: file name -> Library. Gives library -> {name: version or None}: what is missing for all of them to load."""
    stubs = {name: {} for each in libraries.values() for name in each.needed if is_missing(name, libraries)}
    defined = {name for each in libraries.values() for name in each.defined}
    for library in libraries.values():
        for name, version in library.wanted.items():
            if version is not None and version[0] in stubs:
                stubs[version[0]][name] = version[1]
            elif version is None and name not in defined and NVIDIA.match(name):
                stubs[sorted(stubs)[0]][name] = None
    return stubs


def is_missing(name, libraries):
    return name not in libraries and not SYSTEM.fullmatch(name)


def make_stub(name, symbols, folder):
    """Builds one library with gcc and gives its content."""
    source, script, target = (Path(folder, f"{name}{end}") for end in (".s", ".map", ""))
    code = [f".globl {symbol}\n.type {symbol},@function\n{symbol}:\n" for symbol in sorted(symbols)]
    source.write_text(f".text\n{''.join(code)}movl ${NO_DEVICE}, %eax\nret\n")
    script.write_text(version_script(symbols))
    build = ["gcc", "-shared", "-nostdlib", f"-Wl,-soname,{name}", f"-Wl,--version-script,{script}"]
    subprocess.run([*build, "-Wl,-z,noexecstack", "-o", str(target), str(source)], check=True)
    return target.read_bytes()


def version_script(symbols):
    versions = sorted({version for version in symbols.values() if version is not None})
    named = [
        f"{version} {{ global: {' '.join(f'{name};' for name, of in symbols.items() if of == version)} }};"
        for version in versions
    ]
    return "\n".join(named) or "{ global: *; };"
