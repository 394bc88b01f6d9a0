import json
from itertools import combinations
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evote.encoding import encode_json
from evote.errors import DecodeError, EvoteError, InvalidProof
from evote.group import ED25519, GENERATOR, IDENTITY, ORDER, random_scalar
from evote.threshold import (
    Polynomial,
    certificates_fingerprint,
    certificates_hash,
    decode_signed,
    derive_keys,
    derive_polynomial,
    draw_polynomial,
    encode_signed,
    generate_seed,
    read_threshold_trustees,
    verify_threshold_trustees,
)
from evote.threshold.messages import UnreadableMessage, decrypt_message, encrypt_message
from evote.threshold.pedersen import lagrange_coefficients
from evote.threshold.polynomials import share_commitment, verify_share
from evote.threshold.signed import Signed, read_signed, sign_object, sign_text
from evote.threshold.transcript import transcript_hash
from tests.factories.threshold import finish, hold_ceremony, in_the_form_of_2022

VECTORS = Path(__file__).parents[2] / "vectors"
OWN = json.loads((VECTORS / "threshold.json").read_text(encoding="utf-8"))
PEER = json.loads((VECTORS / "belenios" / "case2-threshold-ed25519" / "trustees.json").read_text())[
    1
][1]


def read(value, *, accepts_legacy=False):
    return read_threshold_trustees(value, place="tp", group=ED25519, accepts_legacy=accepts_legacy)


def check(value, *, accepts_legacy=False):
    verify_threshold_trustees(read(value, accepts_legacy=accepts_legacy))


class TestTheVectors:
    @pytest.mark.parametrize("case", OWN["keys"], ids=lambda case: case["seed"])
    def test_both_keys_follow_from_the_seed(self, case):
        keys = derive_keys(case["seed"])
        assert str(keys.signing.reveal()) == case["signing"]
        assert str(keys.decryption.reveal()) == case["decryption"]
        assert keys.verification.encode() == case["verification"]
        assert keys.encryption.encode() == case["encryption"]

    def test_a_private_message_opens(self):
        for case in OWN["private_messages"]:
            opened = decrypt_message(
                case["encrypted"],
                secret_key=derive_keys(case["recipient"]).decryption,
                sender=derive_keys(case["sender"]).verification,
                place="",
            )
            assert opened == case["message"]

    @pytest.mark.parametrize("case", OWN["lagrange"], ids=lambda case: str(case["numbers"]))
    def test_the_coefficients_of_lagrange_are_these(self, case):
        found = lagrange_coefficients(case["numbers"], order=ORDER)
        assert {str(key): str(value) for key, value in found.items()} == case["coefficients"]

    @pytest.mark.parametrize("case", OWN["ceremonies"], ids=lambda case: str(case["threshold"]))
    def test_certificates_trustees_and_transcript_are_these(self, case):
        certs = [read_signed(cert, place="", group=ED25519) for cert in case["certs"]]
        assert certificates_hash(certs) == case["certs_hash"]
        assert certificates_fingerprint(certs) == case["certs_fingerprint"]
        trustees = read(case["trustees"])
        verify_threshold_trustees(trustees)
        assert trustees.public_key.encode() == case["public_key"]
        assert trustees.to_json() == case["trustees"]
        said = case["transcript"]
        assert said["transcript"] == transcript_hash(
            fingerprint=said["election_hash"],
            trustees=said["trustees"].encode(),
            ceremonies=[trustees],
            commits=said["commits"],
        )

    @pytest.mark.parametrize("case", OWN["ceremonies"], ids=lambda case: str(case["threshold"]))
    def test_the_coefficients_follow_from_the_seed(self, case):
        for seed, coefficients in zip(case["seeds"], case["coefficients"], strict=True):
            polynomial = derive_polynomial(
                seed=seed,
                uuid=case["uuid"],
                certs=case["certs_hash"],
                threshold=case["threshold"],
            )
            assert [str(item.reveal()) for item in polynomial.coefficients] == coefficients

    def test_the_peers_trustees_are_accepted_and_written_back_the_same(self):
        check(PEER)
        assert encode_json(read(PEER).to_json()) == encode_json(PEER)


class TestThePolynomial:
    @settings(max_examples=20, deadline=None)
    @given(st.integers(1, 5), st.integers(1, 9))
    def test_a_share_is_the_committed_point(self, threshold, index):
        polynomial = draw_polynomial(threshold=threshold)
        share = polynomial.at(index)
        verify_share(share=share, commitments=polynomial.commitments, index=index)
        assert GENERATOR**share == share_commitment(polynomial.commitments, index=index)
        with pytest.raises(InvalidProof):
            verify_share(share=random_scalar(), commitments=polynomial.commitments, index=index)
        if threshold > 1:
            with pytest.raises(InvalidProof):
                verify_share(share=share, commitments=polynomial.commitments, index=index + 1)

    def test_it_does_not_show_its_secrets(self):
        polynomial = draw_polynomial(threshold=2)
        assert str(polynomial.coefficients[0].reveal()) not in repr(polynomial)
        assert repr(polynomial) == "Polynomial()"
        assert isinstance(polynomial, Polynomial)


class TestAnySubset:
    @settings(max_examples=6, deadline=None)
    @given(st.integers(1, 4).flatmap(lambda n: st.tuples(st.integers(1, n), st.just(n))))
    def test_any_t_of_n_find_the_same_secret_and_fewer_find_none(self, sizes):
        threshold, size = sizes
        members = finish(hold_ceremony(threshold=threshold, size=size))
        verify_threshold_trustees(members.trustees)
        key = members.trustees.public_key
        for count in range(1, size + 1):
            for numbers in combinations(range(1, size + 1), count):
                exponents = lagrange_coefficients(numbers, order=ORDER)
                found = IDENTITY
                for number in numbers:
                    found = found * (GENERATOR ** members.shares[number - 1]) ** exponents[number]
                assert (found == key) == (count >= threshold)


class TestPrivateMessages:
    SENDER, RECIPIENT = derive_keys(generate_seed()), derive_keys(generate_seed())

    def send(self, message='{"secret":"1"}'):
        return encrypt_message(
            message=message,
            signing_key=self.SENDER.signing,
            recipient=self.RECIPIENT.encryption,
        )

    def take(self, text, *, recipient=RECIPIENT, sender=SENDER):
        return decrypt_message(
            text, secret_key=recipient.decryption, sender=sender.verification, place="m"
        )

    @given(st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0")))
    @settings(max_examples=20, deadline=None)
    def test_what_was_sent_arrives(self, message):
        assert self.take(self.send(message)) == message

    def test_nobody_else_can_open_it(self):
        with pytest.raises(UnreadableMessage):
            self.take(self.send(), recipient=self.SENDER)

    def test_nobody_else_can_have_sent_it(self):
        with pytest.raises(UnreadableMessage):
            self.take(self.send(), sender=self.RECIPIENT)

    @pytest.mark.parametrize("field", ["algorithm", "alpha", "beta", "data"])
    def test_every_changed_field_is_refused(self, field):
        value = json.loads(self.send())
        value[field] = {
            "algorithm": "AES-CBC",
            "alpha": GENERATOR.encode(),
            "beta": GENERATOR.encode(),
            "data": "00" * 40,
        }[field]
        with pytest.raises(EvoteError):
            self.take(encode_json(value).decode())

    @pytest.mark.parametrize(
        "text",
        ["", "{}", " " + "{}", '{"algorithm":"AES-GCM","alpha":"","beta":"","data":""}'],
    )
    def test_what_is_no_message_is_refused(self, text):
        with pytest.raises(DecodeError):
            self.take(text)

    def test_the_identity_hides_nothing(self):
        for field in ("alpha", "beta"):
            value = json.loads(self.send()) | {field: IDENTITY.encode()}
            with pytest.raises(DecodeError):
                self.take(encode_json(value).decode())


def places(value, path=()):
    if isinstance(value, dict | list):
        items = value.items() if isinstance(value, dict) else enumerate(value)
        for key, item in items:
            yield from places(item, (*path, key))
    else:
        yield path


def changed(value, path):
    """Give a copy in which one leaf is another value that is as well spelt."""
    copy = json.loads(json.dumps(value))
    *before, last = path
    inner = copy
    for key in before:
        inner = inner[key]
    old = inner[last]
    if isinstance(old, int):
        inner[last] = old + 1
    elif last == "public_key":
        inner[last] = GENERATOR.encode()
    elif last == "message":
        inner[last] = old.replace(old[-70:-60], old[-60:-50])
    else:
        inner[last] = str((int(old) + 1) % ORDER)
    return copy


@pytest.mark.parametrize("path", list(places(PEER)), ids=lambda path: ".".join(map(str, path)))
def test_every_tampered_field_of_the_peers_trustees_is_refused(path):
    with pytest.raises(EvoteError):
        check(changed(PEER, path))


@pytest.mark.parametrize("name", ["certs", "coefexps", "signatures", "verification_keys"])
def test_lists_of_another_length_are_refused(name):
    for items in (PEER[name][:-1], [*PEER[name], PEER[name][0]], []):
        with pytest.raises(EvoteError):
            check(PEER | {name: items})


@pytest.mark.parametrize("name", ["certs", "coefexps", "signatures", "verification_keys"])
def test_lists_in_another_order_are_refused(name):
    with pytest.raises(EvoteError):
        check(PEER | {name: PEER[name][::-1]})


@pytest.mark.parametrize("threshold", [0, 1, 3, 4, "2", True, None])
def test_a28_another_threshold_is_refused(threshold):
    with pytest.raises(EvoteError):
        check(PEER | {"threshold": threshold})


def signed_again(name, number, edit):
    """Let member `number` sign another message of a kind, with the right key."""
    case = OWN["ceremonies"][1]
    keys = derive_keys(case["seeds"][number - 1])
    trustees = json.loads(json.dumps(case["trustees"]))
    value = json.loads(trustees[name][number - 1]["message"])
    edit(value)
    trustees[name][number - 1] = sign_object(value, secret_key=keys.signing).to_json()
    return trustees


@pytest.mark.parametrize(
    "edit",
    [
        lambda value: value["coefexps"].append(GENERATOR.encode()),
        lambda value: value["coefexps"].pop(),
        lambda value: value["coefexps"].__setitem__(1, IDENTITY.encode()),
        lambda value: value["coefexps"].__setitem__(0, "00" * 32),
        lambda value: value["coefexps"].reverse(),
        lambda value: value.update(x=1),
    ],
)
def test_a28_a_polynomial_of_another_degree_or_outside_the_group_is_refused_though_signed(edit):
    with pytest.raises(EvoteError):
        check(signed_again("coefexps", 2, edit))


@pytest.mark.parametrize(
    ("name", "other"), [("group", "BELENIOS-2048"), ("size", 4), ("threshold", 1), ("index", 1)]
)
def test_a_certificate_of_another_member_is_refused_though_signed(name, other):
    with pytest.raises(DecodeError, match="not for member 2"):
        check(signed_again("certs", 2, lambda value: value["context"].update({name: other})))


@pytest.mark.parametrize("name", ["verification", "encryption"])
def test_a_key_of_another_member_in_a_certificate_is_refused_though_signed(name):
    other = json.loads(OWN["ceremonies"][1]["certs"][0]["message"])[name]
    with pytest.raises(EvoteError):
        check(signed_again("certs", 2, lambda value: value.update({name: other})))


def test_spaces_in_a_signed_certificate_are_refused():
    case = OWN["ceremonies"][1]
    keys = derive_keys(case["seeds"][0])
    message = case["certs"][0]["message"].replace(",", ", ", 1)
    signed = Signed(message, sign_text(message=message, secret_key=keys.signing))
    with pytest.raises(DecodeError):
        check(case["trustees"] | {"certs": [signed.to_json(), *case["trustees"]["certs"][1:]]})


class TestTheFormOf2022:
    CASE = OWN["ceremonies"][1]
    VALUE = in_the_form_of_2022(CASE["trustees"], seeds=CASE["seeds"])

    def test_it_is_refused_unless_asked_for(self):
        with pytest.raises(DecodeError, match="2022"):
            check(self.VALUE)

    def test_it_is_accepted_where_asked_for_and_written_back_the_same(self):
        check(self.VALUE, accepts_legacy=True)
        assert read(self.VALUE, accepts_legacy=True).to_json() == self.VALUE

    def test_todays_form_is_still_checked_whole_where_it_is_asked_for(self):
        check(PEER, accepts_legacy=True)
        unsigned = {**PEER, "signatures": PEER["signatures"][::-1]}
        with pytest.raises(InvalidProof):
            check(unsigned, accepts_legacy=True)

    @pytest.mark.parametrize("path", list(places(VALUE)), ids=lambda path: ".".join(map(str, path)))
    def test_every_tampered_field_is_refused(self, path):
        with pytest.raises(EvoteError):
            check(changed(self.VALUE, path), accepts_legacy=True)


def test_what_a_member_posts_has_one_spelling():
    signed = sign_object({"commit": "0" * 64}, secret_key=random_scalar())
    data = encode_signed(signed)
    assert decode_signed(data) == signed
    for other in (b" " + data, data.replace(b":", b": "), b"[]", data[:-1]):
        with pytest.raises(DecodeError):
            decode_signed(other)


@pytest.mark.parametrize("seed", ["", "1" * 21, "1" * 23, "0" * 22, "1" * 21 + "l"])
def test_what_is_no_seed_is_refused_and_not_repeated(seed):
    with pytest.raises(DecodeError) as caught:
        derive_keys(seed)
    assert seed == "" or seed not in str(caught.value)
