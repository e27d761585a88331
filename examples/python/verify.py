#!/usr/bin/env python3
"""Verifies a proof that `chancery prove` wrote, without a server and without any code of Chancery's.

Usage: verify.py FILE --key "$(chancery key)"

Prints what is proven and exits with 0; exits with 1 and the reason when the proof is refused or cannot be read, and with
2 when it is called wrongly. It refuses what `chancery check` refuses, but does not look into the content of the event,
which it only shows to be the one that was recorded. Needs the package `cryptography` for Ed25519; everything else is
SHA-256 and the layouts in docs/decisions/0005-proofs.md.
"""

import argparse
import base64
import datetime
import hashlib
import struct
import sys
import unicodedata
import uuid

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey


DOCUMENT_BYTES_MAX = 1 << 20
SIGNATURES_MAX = 64
PATH_HASHES_MAX = 64
NAME_BYTES_MAX = 255

# The second coordinates of the points of Ed25519 whose order is 1, 2, 4 or 8. Under such a key, or with such a point in the
# signature, one signature can fit many texts, and verifiers do not agree.
FIELD = 2**255 - 19
EIGHTH = int.from_bytes(bytes.fromhex("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a"), "little")
SMALL_ORDER = {0, 1, FIELD - 1, EIGHTH, FIELD - EIGHTH}


class Refused(Exception):
    """The proof proves nothing."""


def require(holds, reason):
    if not holds:
        raise Refused(reason)


def sha256(data):
    return hashlib.sha256(data).digest()


def unbase64(text):
    """Strict: one text for each byte string."""
    try:
        data = base64.b64decode(text, validate=True)
    except ValueError as error:
        raise Refused(f"not base64: {error}") from error
    require(base64.b64encode(data).decode() == text, "base64 that is not in its one form")
    return data


def whole_number(text):
    require(text.isascii() and text.isdigit() and (text == "0" or text[0] != "0"), "not a number")
    require(len(text) <= 20 and int(text) < 2**64, "a number that is too large")
    return int(text)


def is_of_small_order(point):
    return int.from_bytes(point, "little") % 2**255 % FIELD in SMALL_ORDER


def read_key(text):
    """A verifier key: NAME+ID+BASE64(0x01 || 32 bytes). No message has a part of it: it may be a secret."""
    require("PRIVATE+KEY+" not in text, "that is a signing key, which is secret: `chancery key` shows the verifier key")
    parts = text.split("+", 2)
    require(len(parts) == 3, "a verifier key has the form NAME+8 hexadecimal digits+base64, as `chancery key` shows it")
    name, key_id, encoded = parts
    require(1 <= len(name.encode()) <= NAME_BYTES_MAX, "the name in it is empty or too long")
    unfit = any(character.isspace() or unicodedata.category(character) == "Cc" for character in name)
    require(not unfit, "the name in it has spaces or control characters")
    key = unbase64(encoded)
    require(len(key) == 33 and key[0] == 1, "not an Ed25519 key")
    require(sha256(name.encode() + b"\n" + key)[:4].hex() == key_id, "the id is not that of the key")
    return name, bytes.fromhex(key_id), Ed25519PublicKey.from_public_bytes(key[1:])


def open_note(note, key):
    """The text of a signed note (c2sp.org/signed-note) that the key has signed."""
    name, key_id, public = key
    require(not any(character < " " and character != "\n" for character in note), "control characters")
    text, separator, signatures = note.rpartition("\n\n")
    require(separator and signatures.endswith("\n"), "not a signed note")
    text += "\n"
    signed = False
    lines = signatures[:-1].split("\n")
    require(len(lines) <= SIGNATURES_MAX, "too many signatures")
    for line in lines:
        parts = line.split(" ")
        require(len(parts) == 3 and parts[0] == "\u2014" and parts[1], "not a signature line")
        signature = unbase64(parts[2])
        require(4 <= len(signature), "a signature is too short")
        if parts[1] == name and signature[:4] == key_id:
            key_bytes = public.public_bytes_raw()
            weak = is_of_small_order(key_bytes) or is_of_small_order(signature[4:36])
            require(len(signature) == 68 and not weak, "the signature is wrong")
            try:
                public.verify(signature[4:], text.encode())
            except InvalidSignature as error:
                raise Refused("the signature is wrong") from error
            signed = True
    require(signed, "not signed by this key")
    return text


def moment(microseconds):
    """A time as people write it, or its number when it is beyond every calendar."""
    try:
        epoch = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)
        return (epoch + datetime.timedelta(microseconds=microseconds)).isoformat()
    except OverflowError:
        return f"{microseconds} microseconds after 1970"


def read_checkpoint(text):
    """Origin, size and root of a checkpoint (c2sp.org/tlog-checkpoint)."""
    lines = text.removesuffix("\n").split("\n")
    require(len(lines) >= 3 and lines[0], "not a checkpoint")
    require(all(lines[3:]), "an extension line is empty")
    root = unbase64(lines[2])
    require(len(root) == 32, "the root is not a hash")
    return lines[0], whole_number(lines[1]), root


def read_record(data, position):
    """The record in the extra data, and the data of its leaf."""
    fixed = ">Bq16s16s16s"
    require(struct.calcsize(fixed) + 8 <= len(data), "the record ends too early")
    version, recorded_at, event, commit, salt = struct.unpack_from(fixed, data)
    require(version == 1, "a layout of another version")
    texts, at = [], struct.calcsize(fixed)
    for _ in range(2):
        require(at + 4 <= len(data), "the record ends too early")
        (length,) = struct.unpack_from(">I", data, at)
        require(at + 4 + length <= len(data), "the record ends too early")
        texts.append(data[at + 4 : at + 4 + length])
        at += 4 + length
    recorded_by, subjects = texts
    lines = subjects.split(b"\n")
    require(lines.pop() == b"" and lines == sorted(set(lines)), "the subjects are not in order")
    require(not any(line.endswith(b"\r") for line in lines), "the subjects are not in order")
    content = data[at:]
    leaf = struct.pack(">BQq", 1, position, recorded_at) + event + commit
    leaf += sha256(subjects) + sha256(recorded_by) + sha256(salt + content)
    return leaf, {
        "event": str(uuid.UUID(bytes=event)),
        "position": position,
        "recorded": moment(recorded_at),
        "recorded by": recorded_by.decode(),
        "subjects": ", ".join(line.decode() for line in lines),
        "content": f"{len(content)} bytes",
    }


def root_from(leaf_hash, index, size, path):
    """The root that a path leads to (RFC 9162, section 2.1.3.2)."""
    node, last, result = index, size - 1, leaf_hash
    for beside in path:
        require(last != 0, "too many hashes")
        if node & 1 or node == last:
            result = sha256(b"\x01" + beside + result)
            while not node & 1 and node:
                node, last = node >> 1, last >> 1
        else:
            result = sha256(b"\x01" + result + beside)
        node, last = node >> 1, last >> 1
    require(last == 0, "too few hashes")
    return result


def verify(document, key):
    """What a proof (c2sp.org/tlog-proof) proves."""
    require(len(document.encode()) <= DOCUMENT_BYTES_MAX, f"more than {DOCUMENT_BYTES_MAX} bytes")
    head, separator, note = document.partition("\n\n")
    require(separator, "there is no checkpoint")
    lines = head.split("\n")
    require(len(lines) >= 3 and lines[0] == "c2sp.org/tlog-proof@v1", "not a proof")
    require(lines[1].startswith("extra ") and lines[2].startswith("index "), "not a proof of a record")
    index = whole_number(lines[2].removeprefix("index "))
    path = [unbase64(line) for line in lines[3:]]
    require(all(len(hash_) == 32 for hash_ in path), "not a hash")
    require(len(path) <= PATH_HASHES_MAX, "too many hashes")
    origin, size, root = read_checkpoint(open_note(note, key))
    require(origin == key[0], "a checkpoint of another log")
    require(index < size, "the tree has no such leaf")
    leaf, record = read_record(unbase64(lines[1].removeprefix("extra ")), index + 1)
    leaf_hash = sha256(b"\x00" + leaf)
    require(root_from(leaf_hash, index, size, path) == root, "the record is not in the tree")
    return record | {"leaf": base64.b64encode(leaf_hash).decode(), "log": origin, "tree": f"{size} events"}


def main():
    parser = argparse.ArgumentParser(description="Verifies a proof of Chancery's without a server.")
    parser.add_argument("file")
    parser.add_argument("--key", required=True, help="the verifier key, as `chancery key` shows it")
    arguments = parser.parse_args()
    try:
        key = read_key(arguments.key)
    except Refused as error:
        parser.error(f"--key: {error}")
    except UnicodeError:
        parser.error("--key: not a text")
    try:
        with open(arguments.file, encoding="utf-8", newline="") as file:
            proven = verify(file.read(DOCUMENT_BYTES_MAX + 1), key)
    except OSError as error:
        print(f"cannot read {arguments.file}: {error.strerror}", file=sys.stderr)
        return 1
    except (Refused, UnicodeError) as error:
        print(f"{arguments.file} is REFUSED: {error}", file=sys.stderr)
        return 1
    for label, value in proven.items():
        print(f"{label}: {value}")
    print("proven")
    return 0


if __name__ == "__main__":
    sys.exit(main())
