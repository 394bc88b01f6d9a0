"""Changing the log's key, in steps that may each be the last one before a crash.

1. The new key is made, in a file beside the old one.
2. An entry that both keys signed goes into the log (evote.tlog.rotation).
3. The old key signs the checkpoint that covers the entry, and that checkpoint goes public.
   Until then no later one is signed.
4. The old key's public half is kept, and the new key's file takes the place of the old one's.

The sequencer does 3 and 4. The same keys give the same entry, so each step can be done again.
"""

from contextlib import suppress
from hashlib import sha256
from pathlib import Path

from django.conf import settings

from audit.models import Checkpoint, LogEntry, Publication
from audit.selectors.key import earlier_keys_file, next_key_file, next_signing_key, signing_key
from audit.selectors.policy import current_policy
from audit.services.log import append_entry, encode_entry
from audit.services.publishing import published_checkpoint, write_durably
from audit.services.signing import KeyExists, make_durable, write_new_key
from evote.tlog import rotation
from evote.tlog.note import SigningKey, VerifierKey


class NotInPolicy(Exception):
    """The witnesses would refuse the new key. The message says what to do first."""


def begin_rotation() -> VerifierKey:
    """Make the new key unless it is there, and put the change into the log.

    Raises:
        NotInPolicy: there is a policy, and it does not name the new key yet.
    """
    old = signing_key()
    with suppress(KeyExists):  # An earlier attempt made it.
        write_new_key(SigningKey.generate(name=old.name), path=next_key_file())
    new = next_signing_key()
    assert new is not None
    policy = current_policy()
    if policy is not None and new.verifier not in [log.key for log in policy.logs]:
        msg = (
            f"The policy does not name the new key yet. Give {new.verifier.encode()} to every "
            "witness, add it to the policy in a line of its own beside the old one, and run this "
            "again."
        )
        raise NotInPolicy(msg)
    append_entry(kind=rotation.KIND, body=rotation.sign_rotation(old=old, new=new).body())
    return new.verifier


def must_wait_for_publication() -> bool:
    """Say whether the old key has signed its last checkpoint, and that one is not public yet."""
    index = _index_of_change()
    return index is not None and Checkpoint.objects.filter(head_id__gt=index).exists()


def take_over_if_due() -> None:
    """Let the new key follow, once a public checkpoint of the old one covers the change."""
    index = _index_of_change()
    if index is None or not Publication.objects.filter(checkpoint_id__gt=index).exists():
        return
    published = published_checkpoint()
    if published is None or published.size <= index:
        return
    remember_earlier_key(signing_key().verifier)
    path = Path(settings.LOG_KEY_FILE)
    next_key_file().replace(path)
    make_durable(path.parent)


def remember_earlier_key(key: VerifierKey) -> None:
    """Keep the public half of a key that signed before; harmless twice."""
    path = earlier_keys_file()
    lines = path.read_text(encoding="utf-8").split() if path.exists() else []
    if key.encode() not in lines:
        write_durably(path, "".join(f"{line}\n" for line in [*lines, key.encode()]).encode())


def _index_of_change() -> int | None:
    """Return the index of the entry about the change that is under way; None: there is none."""
    new = next_signing_key()
    if new is None:
        return None
    body = rotation.sign_rotation(old=signing_key(), new=new).body()
    identity = sha256(encode_entry(kind=rotation.KIND, body=body)).digest()
    return LogEntry.objects.filter(identity=identity).values_list("index", flat=True).first()
