"""Keys live in the keyring, here one in memory, and nowhere else."""

from __future__ import annotations

from collections.abc import Iterator

import keyring
import pytest
from keyring.backend import KeyringBackend
from keyring.errors import KeyringLocked, PasswordDeleteError

from maga_desk.domain.errors import GuidanceError
from maga_desk.services.keys import SERVICE, VARIABLE, delete_key, endpoint_key, save_key

ORIGIN, KEY = "https://host:8000", "sk-12345"


class InMemory(KeyringBackend):
    priority = 1  # type: ignore[assignment]

    def __init__(self) -> None:
        super().__init__()
        self.kept: dict[tuple[str, str], str] = {}
        self.locked = False

    def get_password(self, service: str, username: str) -> str | None:
        self._check()
        return self.kept.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self._check()
        self.kept[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        self._check()
        if (service, username) not in self.kept:
            raise PasswordDeleteError("not there")
        del self.kept[service, username]

    def _check(self) -> None:
        if self.locked:
            raise KeyringLocked("locked")


@pytest.fixture
def ring() -> Iterator[InMemory]:
    before = keyring.get_keyring()
    ring = InMemory()
    keyring.set_keyring(ring)
    yield ring
    keyring.set_keyring(before)


def test_saved_found_deleted(ring: InMemory) -> None:
    assert endpoint_key(ORIGIN) is None
    save_key(ORIGIN, f"  {KEY}\n")
    assert ring.kept == {(SERVICE, ORIGIN): KEY}
    assert endpoint_key(ORIGIN) == KEY
    assert endpoint_key("https://host:8001") is None
    delete_key(ORIGIN)
    delete_key(ORIGIN)
    assert ring.kept == {}


def test_the_environment_comes_first(ring: InMemory, monkeypatch: pytest.MonkeyPatch) -> None:
    save_key(ORIGIN, KEY)
    monkeypatch.setenv(VARIABLE, "sk-other ")
    assert endpoint_key(ORIGIN) == "sk-other"


@pytest.mark.parametrize("key", ["", "   ", "two words", "ключ", "a\nb", "a\x00b"])
def test_what_is_no_key(key: str, ring: InMemory) -> None:
    with pytest.raises(GuidanceError, match="not a valid key") as caught:
        save_key(ORIGIN, key)
    assert not key.strip() or key not in str(caught.value)
    assert ring.kept == {}


def test_a_keyring_that_is_locked_or_not_there(ring: InMemory) -> None:
    ring.locked = True
    assert endpoint_key(ORIGIN) is None
    for act in (lambda: save_key(ORIGIN, KEY), lambda: delete_key(ORIGIN)):
        with pytest.raises(GuidanceError, match="the system's keyring refused") as caught:
            act()
        assert KEY not in str(caught.value)
    from keyring.backends.fail import Keyring

    keyring.set_keyring(Keyring())
    assert endpoint_key(ORIGIN) is None
    with pytest.raises(
        GuidanceError, match=f"this system has no keyring; give the key in the environment as {VARIABLE}"
    ):
        save_key(ORIGIN, KEY)
