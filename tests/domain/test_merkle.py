"""Merkle roots against the vectors that Certificate Transparency's implementations share (RFC 6962)."""

from __future__ import annotations

import hashlib

import pytest

from maga_desk.domain.merkle import merkle_root

ENTRIES = [
    bytes.fromhex(text)
    for text in (
        "", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f",
    )
]  # fmt: skip
ROOTS = (
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
)


@pytest.mark.parametrize("count", range(1, 9))
def test_roots_are_those_that_others_compute(count: int) -> None:
    assert merkle_root(ENTRIES[:count]).hex() == ROOTS[count - 1]


def test_of_no_entries_it_is_the_hash_of_nothing() -> None:
    assert merkle_root([]) == hashlib.sha256(b"").digest()


def test_it_splits_as_the_rfc_does() -> None:
    def by_the_rfc(entries: list[bytes]) -> bytes:
        if len(entries) == 1:
            return hashlib.sha256(b"\0" + entries[0]).digest()
        half = 1
        while half * 2 < len(entries):
            half *= 2
        return hashlib.sha256(b"\1" + by_the_rfc(entries[:half]) + by_the_rfc(entries[half:])).digest()

    for count in range(1, 40):
        entries = [bytes([i]) for i in range(count)]
        assert merkle_root(entries) == by_the_rfc(entries)
