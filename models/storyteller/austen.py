"""The corpus: Jane Austen's six novels (public domain), out of the Debian package r-cran-janeaustenr (MIT)."""

import pathlib
import re
import struct
import subprocess
import sys
import tempfile
import zlib

PACKAGE = "r-cran-janeaustenr"
DATABASE = "usr/lib/R/site-library/janeaustenr/data/Rdata.rdb"
NOVELS = 6
WORDS_OF_A_PIECE = 120  # pieces end with a paragraph, so that the model learns to end, too

STRING_HEADER = re.compile(rb"\x00\x04\x00\x09")  # of a CHARSXP in R's XDR format, ASCII; its length follows


def _vectors(database: bytes):
    """The uncompressed objects of an R lazy-load database: each a big-endian length and a zlib stream."""
    at = 0
    while at < len(database):
        stream = zlib.decompressobj()
        yield stream.decompress(database[at + 4:])
        at = len(database) - len(stream.unused_data)


def _lines(vector: bytes):
    """The strings of a serialised character vector, in order."""
    at = 0
    while found := STRING_HEADER.search(vector, at):
        (length,) = struct.unpack_from(">i", vector, found.end())
        at = found.end() + 4 + max(length, 0)
        yield vector[found.end() + 4:at].decode("ascii")


def _paragraphs(lines) -> list[str]:
    """Lines wrapped for a page joined again; headings and the marks of emphasis left out."""
    blocks = re.split(r"\n\s*\n", "\n".join(lines))
    blocks = (re.sub(r"\s+", " ", block.replace("_", "").replace("--", " -- ")).strip() for block in blocks)
    return [block for block in blocks if re.search(r"[a-z].*[.!?\"')]$", block) and len(block.split()) > 2]


def _pieces(paragraphs) -> list[str]:
    pieces, piece = [], []
    for paragraph in paragraphs:
        piece.append(paragraph)
        if sum(len(part.split()) for part in piece) >= WORDS_OF_A_PIECE:
            pieces.append("\n".join(piece))
            piece = []
    return pieces + ["\n".join(piece)] * bool(piece)


def pieces() -> list[str]:
    """The novels in pieces of a few paragraphs, in the order of the package. Ends the program when it cannot be had."""
    with tempfile.TemporaryDirectory() as folder:
        try:
            subprocess.run(["apt-get", "download", "--quiet", "-o", "APT::Sandbox::User=root", PACKAGE], cwd=folder, check=True,
                           stdout=subprocess.DEVNULL)
            package = next(pathlib.Path(folder).glob("*.deb"))
            subprocess.run(["dpkg", "--extract", package, folder], check=True)
        except (OSError, subprocess.CalledProcessError, StopIteration) as error:
            sys.exit(f"cannot download {PACKAGE} with apt-get: {error}")
        novels = list(_vectors((pathlib.Path(folder) / DATABASE).read_bytes()))
    if len(novels) != NOVELS:
        sys.exit(f"{PACKAGE}: {len(novels)} novels, expected {NOVELS}")
    return [piece for novel in novels for piece in _pieces(_paragraphs(_lines(novel)))]
