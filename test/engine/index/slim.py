"""A shared library with only what the dynamic loader maps: no names for debuggers, and no code for a GPU."""

import struct
from dataclasses import dataclass, replace

from elf import sections_named

PAGE = 0x1000
PT_LOAD, PT_NOTE = 1, 4
HEADER = struct.Struct("<IIQQQQQQ")
GPU_CODE = ".nv_fatbin"


@dataclass(frozen=True)
class Segment:
    kind: int
    flags: int
    offset: int
    address: int
    size: int
    memory: int
    align: int

    @staticmethod
    def read(data, at):
        kind, flags, offset, address, _physical, size, memory, align = HEADER.unpack_from(data, at)
        return Segment(kind, flags, offset, address, size, memory, align)

    def packed(self):
        return HEADER.pack(
            self.kind, self.flags, self.offset, self.address, self.address, self.size, self.memory, self.align
        )


def slim(data):
    table, size, count = struct.unpack_from("<Q", data, 0x20)[0], *struct.unpack_from("<HH", data, 0x36)
    segments = [Segment.read(data, table + size * index) for index in range(count)]
    holes = [(start, start + length) for start, length in sections_named(data, GPU_CODE)]
    loads = [part for each in segments if each.kind == PT_LOAD for part in around(each, holes)]
    out, placed = bytearray(), []
    for load in loads:
        out.extend(bytes((load.address - len(out)) % PAGE))
        placed.append(replace(load, offset=len(out)))
        out.extend(data[load.offset : load.offset + load.size])
    # Those of notes make room for the parts.
    others = [moved(each, placed) for each in segments if each.kind not in (PT_LOAD, PT_NOTE)]
    headers = b"".join(each.packed() for each in [*placed, *others])
    if len(headers) > size * count:
        raise ValueError("the library's table of segments has no room")
    out[table : table + len(headers)] = headers
    struct.pack_into("<Q", out, 0x28, 0)  # no table of sections
    struct.pack_into("<HHHH", out, 0x38, len(headers) // size, 0x40, 0, 0)
    return bytes(out)


def around(load, holes):
    """The parts of a segment that are outside the holes, by whole pages."""
    for start, end in holes:
        first, last = -(-start // PAGE) * PAGE, end // PAGE * PAGE
        if load.address <= first < last <= load.address + load.size:
            head, skipped = first - load.address, last - load.address
            yield replace(load, size=head, memory=head)
            load = replace(
                load,
                offset=load.offset + skipped,
                address=last,
                size=load.size - skipped,
                memory=load.memory - skipped,
            )
    yield load


def moved(segment, loads):
    for load in loads:
        if load.address <= segment.address < load.address + load.memory:
            return replace(segment, offset=load.offset + segment.address - load.address)
    return segment
