"""A record holds as it was written; a change of any bit of any file, and of any field, is found."""

from __future__ import annotations

import base64
import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from maga_desk.domain.dsse import read_envelope
from maga_desk.domain.record import RecordError, canonical
from maga_desk.domain.record_folder import FIGURES, MANIFEST, MODEL_SIGNATURE, PUBLIC_KEY, RECORD, SCOPE_LIST, SIGNED
from maga_desk.services.records.checking import CheckedRecord, check_record
from maga_desk.services.records.model_signature import is_installed
from maga_desk.services.records.signing import public_pem, signed, signing_key

FLIPS = 48
"""Bits that are flipped in each file, evenly spread; of the manifest four times as many."""


def faults(checked: CheckedRecord) -> list[str]:
    return [each.part for each in checked.findings if each.outcome == "does not hold"]


def is_found(folder: Path, checkpoint: Path | None = None) -> bool:
    """Whether something is amiss, be it that a file cannot even be read."""
    try:
        return not check_record(folder, checkpoint=checkpoint).holds
    except RecordError:
        return True


def flipped(content: bytes, count: int) -> Iterator[bytes]:
    for number in range(count):
        place = number * (len(content) - 1) // (count - 1)
        changed = bytearray(content)
        changed[place] ^= 1 << number % 8
        yield bytes(changed)


def fields_of(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The way to every value, of lists to that of the last entry."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from fields_of(inner, (*path, key))
    elif isinstance(value, list) and value:
        yield from fields_of(value[-1], (*path, len(value) - 1))
    else:
        yield path


def with_change(value: Any, path: tuple[Any, ...]) -> Any:
    whole = json.loads(json.dumps(value))
    inner = whole
    for key in path[:-1]:
        inner = inner[key]
    was = inner[path[-1]]
    changes = {bool: lambda: not was, str: lambda: was + "x", int: lambda: was + 1, float: lambda: was / 2 + 1}
    inner[path[-1]] = changes.get(type(was), lambda: "x")()
    return whole


def signed_anew(folder: Path, statement: dict[str, Any], key_file: Path) -> None:
    """What somebody with the key could have signed."""
    (folder / MANIFEST).write_bytes(signed(canonical(statement), signing_key(key_file)).to_bytes())


def statement_of(folder: Path) -> dict[str, Any]:
    raw: dict[str, Any] = json.loads(read_envelope((folder / MANIFEST).read_bytes()).payload)
    return raw


def test_a_record_holds_as_it_was_written(record_folder: Path, checkpoint: Path, key_file: Path) -> None:
    trusted = record_folder.parent / "theirs.pem"
    trusted.write_bytes(public_pem(signing_key(key_file).public_key()))
    for file in (record_folder, record_folder / MANIFEST):
        checked = check_record(file, checkpoint=checkpoint, public_key=trusted)
        assert checked.holds and checked.record is not None
        outcomes = {each.part: each.outcome for each in checked.findings}
        unlooked = [] if is_installed() else [MODEL_SIGNATURE]
        assert [part for part, outcome in outcomes.items() if outcome != "holds"] == unlooked
        assert {RECORD, SCOPE_LIST, FIGURES, "record.html", "record.pdf", "Merkle root", checkpoint.name} <= set(
            outcomes
        )
    assert "you named" in checked.findings[0].text
    alone = check_record(record_folder)
    assert alone.holds and "whose key that is was not looked at" in alone.findings[0].text
    assert {each.part: each.outcome for each in alone.findings}[checkpoint.name] == "not looked at"


@pytest.mark.parametrize("name", [MANIFEST, PUBLIC_KEY, *SIGNED, MODEL_SIGNATURE, "checkpoint"])
def test_a_flipped_bit_in_any_file_is_found(record_folder: Path, checkpoint: Path, name: str) -> None:
    net = Path(shutil.copy(checkpoint, record_folder.parent / checkpoint.name))
    path = net if name == "checkpoint" else record_folder / name
    if not path.exists():
        pytest.skip("not written without the package model-signing")
    whole = path.read_bytes()
    given = net if name in ("checkpoint", MODEL_SIGNATURE) else None
    for changed in flipped(whole, FLIPS * 4 if name == MANIFEST else FLIPS):
        path.write_bytes(changed)
        assert is_found(record_folder, given), next(i for i in range(len(whole)) if whole[i] != changed[i])
    path.write_bytes(whole[: len(whole) // 2])
    assert is_found(record_folder, given), "half written"
    path.unlink()
    if name == "checkpoint":
        with pytest.raises(RecordError, match="no such file"):
            check_record(record_folder, checkpoint=net)
    else:
        assert is_found(record_folder, given), "gone"


def test_a_change_of_any_field_of_the_record_is_found(record_folder: Path) -> None:
    path = record_folder / RECORD
    whole = json.loads(path.read_bytes())
    ways = list(fields_of(whole))
    assert len(ways) > 100
    for way in ways:
        path.write_bytes(canonical(with_change(whole, way)))
        assert faults(check_record(record_folder)) == [RECORD], way


def test_a_change_of_any_field_of_the_statement_is_found(record_folder: Path, key_file: Path) -> None:
    """Without the key its signature no longer holds; with it, the statement no longer says what the record says."""
    envelope = json.loads((record_folder / MANIFEST).read_bytes())
    whole = statement_of(record_folder)
    for way in fields_of(whole):
        changed = with_change(whole, way)
        payload = base64.b64encode(canonical(changed)).decode()
        (record_folder / MANIFEST).write_bytes(canonical({**envelope, "payload": payload}))
        assert faults(check_record(record_folder)) == ["signature"], way
        signed_anew(record_folder, changed, key_file)
        if way[0] != "subject":
            assert is_found(record_folder), way


def test_a_record_that_is_signed_with_other_figures_is_found(record_folder: Path, key_file: Path) -> None:
    """Somebody with the key who edits the record and forgets the rest."""
    from hashlib import sha256

    record = json.loads((record_folder / RECORD).read_bytes())
    record["judgement"]["measures"][0]["after"]["value"] = 99.0
    record["scope"]["leaves"] += 1
    (record_folder / RECORD).write_bytes(canonical(record))
    statement = statement_of(record_folder)
    for each in statement["subject"]:
        if each["name"] == RECORD:
            each["digest"]["sha256"] = sha256(canonical(record)).hexdigest()
    signed_anew(record_folder, statement, key_file)
    assert faults(check_record(record_folder)) == ["summary", FIGURES, "Merkle root"]


def test_a_file_too_many_is_found(record_folder: Path, key_file: Path) -> None:
    statement = statement_of(record_folder)
    statement["subject"] = [each for each in statement["subject"] if each["name"] != "record.html"]
    signed_anew(record_folder, statement, key_file)
    assert faults(check_record(record_folder)) == ["record.html"]


def test_a_key_that_does_not_match_is_refused_by_name(record_folder: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.pem"
    other.write_bytes(public_pem(signing_key(tmp_path / "another-key.pem").public_key()))
    checked = check_record(record_folder, public_key=other)
    assert faults(checked) == ["signature"] and "other.pem" in checked.findings[0].text and checked.record is None
    (record_folder / PUBLIC_KEY).write_bytes(other.read_bytes())  # an attacker's own beside it
    assert faults(check_record(record_folder)) == ["signature"]


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "no signed record, or half written"),
        (b"[" * 100_000 + b"]" * 100_000, "nested too deep"),
        (b'{"payload": "e30=", "payloadType": "text/plain", "signatures": [{"keyid": "", "sig": ""}]}', "no DSSE"),
        (b'{"payload": "e30=", "payloadType": "application/vnd.in-toto+json", "signatures": []}', "no DSSE"),
        (b'{"payload": 1, "payloadType": "application/vnd.in-toto+json", "signatures": [1]}', "no DSSE"),
        (b"[1]", "no DSSE"),
        (b" " * (2**20 + 1), "larger than 1 MiB"),
    ],
)
def test_what_is_no_record_is_said_in_a_line(record_folder: Path, content: bytes, says: str) -> None:
    (record_folder / MANIFEST).write_bytes(content)
    with pytest.raises(RecordError, match=says) as caught:
        check_record(record_folder)
    assert str(record_folder / MANIFEST) in str(caught.value) and "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"predicateType": "urn:x-maga-desk:erasure-record:v2"}, "newer version"),
        ({"predicateType": "https://example.org/other"}, "does not fit the schema: predicateType"),
        ({"_type": "https://in-toto.io/Statement/v0.1"}, "does not fit the schema: _type"),
        ({"subject": []}, "does not fit the schema: subject"),
        ({"subject": [{"name": "../../etc/passwd", "digest": {"sha256": "0" * 64}}]}, "does not fit the schema"),
        ({"extra": 1}, "does not fit the schema: extra"),
    ],
)
def test_a_statement_of_another_kind_is_said_in_a_line(
    record_folder: Path, key_file: Path, change: dict[str, Any], says: str
) -> None:
    signed_anew(record_folder, {**statement_of(record_folder), **change}, key_file)
    with pytest.raises(RecordError, match=says):
        check_record(record_folder)


def test_a_record_without_a_key_asks_for_one(record_folder: Path, tmp_path: Path) -> None:
    (record_folder / PUBLIC_KEY).unlink()
    with pytest.raises(RecordError, match="--public-key"):
        check_record(record_folder)
    rubbish = tmp_path / "rubbish.pem"
    rubbish.write_bytes(b"-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n")
    with pytest.raises(RecordError, match="no Ed25519 public key"):
        check_record(record_folder, public_key=rubbish)
    with pytest.raises(RecordError, match="cannot be read"):
        check_record(tmp_path / "nowhere")
