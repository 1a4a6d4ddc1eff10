"""Reading and writing wheels: zip files with a RECORD of what is in them."""

import base64
import csv
import hashlib
import io
import marshal
import re
import sys
import zipfile
from importlib.util import MAGIC_NUMBER, source_hash

UNCHECKED = (1).to_bytes(4, "little")
"""Flags of a compiled file: made from the source with this hash, and not to be compared with it."""


class WheelWriter:
    """Writes a wheel whose members are stored, not compressed: it goes over loopback and is unpacked often."""

    def __init__(self, path):
        self.zip = zipfile.ZipFile(path, "w", zipfile.ZIP_STORED)
        self.record = io.StringIO()
        self.rows = csv.writer(self.record, lineterminator="\n")

    def add(self, name, content, executable=False):
        info = zipfile.ZipInfo(name)
        info.external_attr = (0o100755 if executable else 0o100644) << 16
        self.zip.writestr(info, content)
        digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
        self.rows.writerow((name, f"sha256={digest}", len(content)))

    def close(self, dist_info):
        name = f"{dist_info}/RECORD"
        self.rows.writerow((name, "", ""))
        self.zip.writestr(name, self.record.getvalue())
        self.zip.close()


def compile_all(modules, pool):
    """The compiled forms of modules (name -> source), as (name, content)."""
    for name, compiled in zip(modules, pool.map(compile_module, modules, modules.values(), chunksize=64)):
        if compiled is not None:
            folder, _, file = name.rpartition("/")
            yield f"{folder}/__pycache__/{file[:-3]}.{sys.implementation.cache_tag}.pyc".lstrip("/"), compiled


def compile_module(name, source):
    """
    Compiled once and for all: valid whatever time the unpacked file gets. None for a module that this Python cannot read:
    some are for newer ones.
    """
    try:
        code = compile(source, name, "exec", dont_inherit=True)
    except (SyntaxError, ValueError):
        return None
    return MAGIC_NUMBER + UNCHECKED + source_hash(source) + marshal.dumps(code)


def dist_info_of(names):
    """The wheel's own description folder, like `torch-2.13.0.dist-info`."""
    (found,) = {name.split("/")[0] for name in names if re.match(r"[^/]+\.dist-info/METADATA$", name)}
    return found


def read_metadata(path):
    with zipfile.ZipFile(path) as wheel:
        return wheel.read(f"{dist_info_of(wheel.namelist())}/METADATA")
