"""Keys of endpoints, in the system's keyring and nowhere else.

The keyring's package is imported when a key is first asked for: the window is there before.
"""

from __future__ import annotations

import os

from maga_desk.domain.errors import GuidanceError

SERVICE = "maga-desk"
VARIABLE = "MAGA_DESK_API_KEY"


def endpoint_key(origin: str) -> str | None:
    """The key of an origin (``https://host:port``): the environment's ``MAGA_DESK_API_KEY``, else the keyring's.

    ``None`` when there is none, and where there is no keyring: many endpoints need no key.
    """
    given = os.environ.get(VARIABLE)
    if given:
        return _checked(given.strip())
    import keyring
    from keyring.errors import KeyringError

    try:
        return keyring.get_password(SERVICE, origin)
    except (KeyringError, RuntimeError):
        return None


def save_key(origin: str, key: str) -> None:
    """:raises GuidanceError: the key is empty or no key, or the system has no keyring."""
    import keyring
    from keyring.errors import KeyringError

    key = _checked(key.strip())
    try:
        keyring.set_password(SERVICE, origin, key)
    except (KeyringError, RuntimeError) as error:
        raise _without(error) from None


def delete_key(origin: str) -> None:
    """Nothing happens when there is none.

    :raises GuidanceError: the system has no keyring, or it refuses.
    """
    import keyring
    from keyring.errors import KeyringError, PasswordDeleteError

    try:
        keyring.delete_password(SERVICE, origin)
    except PasswordDeleteError:
        return
    except (KeyringError, RuntimeError) as error:
        raise _without(error) from None


def _checked(key: str) -> str:
    if not key or not key.isascii() or not key.isprintable() or " " in key:
        raise GuidanceError("not a valid key: it is empty, or has spaces or characters outside ASCII")
    return key


def _without(error: Exception) -> GuidanceError:
    from keyring.errors import NoKeyringError

    if isinstance(error, NoKeyringError):
        return GuidanceError("this system has no keyring", todo=f"give the key in the environment as {VARIABLE}")
    return GuidanceError("the system's keyring refused", todo=f"unlock it, or give the key as {VARIABLE}")
