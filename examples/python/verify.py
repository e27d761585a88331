#!/usr/bin/env python3
"""Verifies a proof that `chancery prove` wrote, without a server and without any code of Chancery's.

Usage: verify.py FILE --key "$(chancery key)"

Prints what is proven and exits with 0; exits with 1 and the reason when the proof is refused. Needs the package
`cryptography` for Ed25519; everything else is SHA-256 and the layouts in docs/decisions/0005-proofs.md.
"""

import argparse
import base64
import datetime
import hashlib
import struct
import sys
import uuid

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey


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
    return int(text)


def read_key(text):
    """A verifier key: NAME+ID+BASE64(0x01 || 32 bytes)."""
    name, key_id, encoded = text.split("+", 2)
    key = unbase64(encoded)
    require(len(key) == 33 and key[0] == 1, "not an Ed25519 key")
    require(sha256(name.encode() + b"\n" + key)[:4].hex() == key_id, "the id is not that of the key")
    return name, bytes.fromhex(key_id), Ed25519PublicKey.from_public_bytes(key[1:])


def open_note(note, key):
    """The text of a signed note (c2sp.org/signed-note) that the key has signed."""
    name, key_id, public = key
    text, separator, signatures = note.rpartition("\n\n")
    require(separator and signatures.endswith("\n"), "not a signed note")
    text += "\n"
    signed = False
    for line in signatures[:-1].split("\n"):
        parts = line.split(" ")
        require(len(parts) == 3 and parts[0] == "\u2014", "not a signature line")
        signature = unbase64(parts[2])
        if parts[1] == name and signature[:4] == key_id:
            try:
                public.verify(signature[4:], text.encode())
            except InvalidSignature as error:
                raise Refused("the signature is wrong") from error
            signed = True
    require(signed, "not signed by this key")
    return text


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
    content = data[at:]
    leaf = struct.pack(">BQq", 1, position, recorded_at) + event + commit
    leaf += sha256(subjects) + sha256(recorded_by) + sha256(salt + content)
    return leaf, {
        "event": str(uuid.UUID(bytes=event)),
        "position": position,
        "recorded": datetime.datetime.fromtimestamp(recorded_at / 1e6, datetime.timezone.utc).isoformat(),
        "recorded by": recorded_by.decode(),
        "subjects": ", ".join(line.decode() for line in lines),
        "content": f"{len(content)} bytes",
    }


def root_from(leaf_hash, index, size, path):
    """The root that a path leads to (RFC 9162, section 2.1.3.2)."""
    require(index < size, "the tree has no such leaf")
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
    head, separator, note = document.partition("\n\n")
    require(separator, "there is no checkpoint")
    lines = head.split("\n")
    require(len(lines) >= 3 and lines[0] == "c2sp.org/tlog-proof@v1", "not a proof")
    require(lines[1].startswith("extra ") and lines[2].startswith("index "), "not a proof of a record")
    index = whole_number(lines[2].removeprefix("index "))
    path = [unbase64(line) for line in lines[3:]]
    require(all(len(hash_) == 32 for hash_ in path), "not a hash")
    origin, size, root = open_note(note, key).split("\n")[:3]
    require(origin == key[0], "a checkpoint of another log")
    size = whole_number(size)
    leaf, record = read_record(unbase64(lines[1].removeprefix("extra ")), index + 1)
    leaf_hash = sha256(b"\x00" + leaf)
    require(root_from(leaf_hash, index, size, path) == unbase64(root), "the record is not in the tree")
    return record | {"leaf": base64.b64encode(leaf_hash).decode(), "log": origin, "tree": f"{size} events"}


def main():
    parser = argparse.ArgumentParser(description="Verifies a proof of Chancery's without a server.")
    parser.add_argument("file")
    parser.add_argument("--key", required=True, help="the verifier key, as `chancery key` shows it")
    arguments = parser.parse_args()
    try:
        with open(arguments.file, encoding="utf-8", newline="") as file:
            proven = verify(file.read(), read_key(arguments.key))
    except (Refused, ValueError, OverflowError) as error:
        print(f"REFUSED: {error}", file=sys.stderr)
        return 1
    for label, value in proven.items():
        print(f"{label}: {value}")
    print("proven")
    return 0


if __name__ == "__main__":
    sys.exit(main())
