import pytest
from hypothesis import given
from hypothesis import strategies as st

from evote.elgamal import Ciphertext, encrypt_bit, neutral, product
from evote.group import ED25519, GENERATOR, ORDER, SecretScalar, random_scalar

scalars = st.integers(min_value=1, max_value=ORDER - 1)


def decrypt(ciphertext, secret):
    return ciphertext.beta / ciphertext.alpha**secret


@given(scalars, st.lists(st.sampled_from([0, 1]), max_size=6), st.integers(1, 100))
def test_decrypting_the_sum_gives_the_sum(secret, bits, weight):
    public_key = GENERATOR**secret
    total = product(
        (encrypt_bit(bit=bit, public_key=public_key, randomness=random_scalar()) for bit in bits),
        public_key=public_key,
    )
    assert decrypt(total, secret) == GENERATOR ** sum(bits)
    assert decrypt(total**weight, secret) == GENERATOR ** (sum(bits) * weight)


def test_the_product_of_nothing_is_neutral():
    assert product([], public_key=GENERATOR) == neutral(ED25519)
    assert neutral(ED25519) * neutral(ED25519) == neutral(ED25519)
    assert neutral(ED25519) ** 5 == neutral(ED25519)


def test_the_equations_are_those_of_the_protocol():
    r = SecretScalar((5).to_bytes(32, "little"))
    assert encrypt_bit(bit=1, public_key=GENERATOR**7, randomness=r) == Ciphertext(
        GENERATOR**5, GENERATOR**36
    )


@pytest.mark.parametrize("bit", [2, -1])
def test_only_bits_are_encrypted(bit):
    with pytest.raises(AssertionError):
        encrypt_bit(bit=bit, public_key=GENERATOR, randomness=random_scalar())
