"""
A package index of plain files, as PEP 503 and PEP 658 have it: `simple_index.py FOLDER`, whose `files/` holds wheels.

Any server of files will do: `simple/NAME/index.html` points at `../../files/WHEEL`, and beside each wheel is its METADATA, so
that an installer need not ask for parts of the wheel to learn what it requires.
"""

import hashlib
import html
import re
import sys
from pathlib import Path

from wheels import read_metadata


def link(wheel):
    metadata = read_metadata(wheel)
    wheel.with_name(f"{wheel.name}.metadata").write_bytes(metadata)
    with wheel.open("rb") as content:
        digest = hashlib.file_digest(content, "sha256").hexdigest()
    of_metadata = hashlib.sha256(metadata).hexdigest()
    python = re.search(r"^Requires-Python: (.*)$", metadata.decode(), re.M)
    attributes = f' data-core-metadata="sha256={of_metadata}"'
    if python is not None:
        attributes += f' data-requires-python="{html.escape(python[1].strip())}"'
    address = f"../../files/{wheel.name.replace('+', '%2B')}#sha256={digest}"
    return f'<a href="{address}"{attributes}>{wheel.name}</a><br>\n'


def main():
    folder = Path(sys.argv[1])
    pages = {}
    for wheel in sorted(folder.glob("files/*.whl")):
        name = re.sub(r"[-_.]+", "-", wheel.name.split("-")[0]).lower()
        pages.setdefault(name, []).append(link(wheel))
    for name, links in pages.items():
        write(folder / "simple" / name, "".join(links))
    write(folder / "simple", "".join(f'<a href="{name}/">{name}</a><br>\n' for name in pages))


def write(folder, body):
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "index.html").write_text(f"<!DOCTYPE html>\n<title>Packages</title>\n{body}")


if __name__ == "__main__":
    main()
