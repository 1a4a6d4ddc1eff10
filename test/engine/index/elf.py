"""The tables of a 64 bit little-endian shared library that the dynamic loader reads. No more of ELF than that."""

import struct
from dataclasses import dataclass, field

SHT_DYNAMIC, SHT_DYNSYM, SHT_VERNEED, SHT_VERSYM = 6, 11, 0x6FFFFFFE, 0x6FFFFFFF
DT_NEEDED = 1
STB_WEAK = 2


@dataclass
class Library:
    needed: list = field(default_factory=list)
    defined: set = field(default_factory=set)
    wanted: dict = field(default_factory=dict)
    """Names that it wants of others: name -> (library, version), or None where any library may define it."""


def read_library(data):
    sections = read_sections(data)
    library = Library()
    dynamic, symbols = sections.get(SHT_DYNAMIC), sections.get(SHT_DYNSYM)
    for tag, value in struct.iter_unpack("<QQ", dynamic["content"]):
        if tag == DT_NEEDED:
            library.needed.append(text_at(dynamic["strings"], value))
    versions = read_versions(sections)
    for index, symbol in enumerate(struct.iter_unpack("<IBBHQQ", symbols["content"])):
        name_at, info, _other, section, _value, _size = symbol
        name = text_at(symbols["strings"], name_at)
        if section != 0:
            library.defined.add(name)
        elif name != "" and info >> 4 != STB_WEAK:
            library.wanted[name] = versions(index)
    return library


def read_versions(sections):
    """A function from a symbol's index to (library, version), or None."""
    if SHT_VERNEED not in sections or SHT_VERSYM not in sections:
        return lambda _index: None
    content, strings = sections[SHT_VERNEED]["content"], sections[SHT_VERNEED]["strings"]
    named, at, following = {}, 0, None
    while following != 0:
        _version, count, file_at, first, following = struct.unpack_from("<HHIII", content, at)
        entry = at + first
        for _ in range(count):
            _hash, _flags, other, name_at, next_entry = struct.unpack_from("<IHHII", content, entry)
            named[other] = (text_at(strings, file_at), text_at(strings, name_at))
            entry += next_entry
        at += following
    indexes = [index for (index,) in struct.iter_unpack("<H", sections[SHT_VERSYM]["content"])]
    return lambda index: named.get(indexes[index] & 0x7FFF)


def read_sections(data):
    """Those of the loader, by type; each with its own content and that of the strings it refers to."""
    headers = section_headers(data)
    wanted = (SHT_DYNAMIC, SHT_DYNSYM, SHT_VERNEED, SHT_VERSYM)
    return {
        header[1]: {"content": content_of(data, header), "strings": content_of(data, headers[header[6]])}
        for header in headers
        if header[1] in wanted
    }


def sections_named(data, name):
    """(address, size) of each."""
    headers = section_headers(data)
    names = content_of(data, headers[struct.unpack_from("<H", data, 0x3E)[0]])
    return [(header[3], header[5]) for header in headers if text_at(names, header[0]) == name]


def section_headers(data):
    """(name, type, flags, address, offset, size, link, info, align, entry size) of each."""
    if data[:6] != b"\x7fELF\x02\x01":
        raise ValueError("no 64 bit little-endian ELF file")
    start = struct.unpack_from("<Q", data, 0x28)[0]
    size, count = struct.unpack_from("<HH", data, 0x3A)
    return [struct.unpack_from("<IIQQQQIIQQ", data, start + size * index) for index in range(count)]


def content_of(data, header):
    return data[header[4] : header[4] + header[5]]


def text_at(strings, at):
    return strings[at : strings.index(b"\0", at)].decode()
