/* The other side of every comparison: libsodium. Nothing of the curve is computed here. */

#include "harness.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const uint8_t ORDER_BYTES[32] = {0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7,
                                 0xa2, 0xde, 0xf9, 0xde, 0x14, 0,    0,    0,    0,    0,    0,
                                 0,    0,    0,    0,    0,    0,    0,    0,    0,    0x10};
const uint8_t IDENTITY_BYTES[32] = {1};
const uint8_t GENERATOR_BYTES[32] = {0x58, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66,
                                     0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66,
                                     0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66,
                                     0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66};
/* A point of order 8, as libsodium's own list of small orders has it. */
static const uint8_t OF_ORDER_8[32] = {0x26, 0xe8, 0x95, 0x8f, 0xc2, 0xb2, 0x27, 0xb0,
                                       0x45, 0xc3, 0xf4, 0x89, 0xf2, 0xef, 0x98, 0xf0,
                                       0xd5, 0xdf, 0xac, 0x05, 0xd3, 0xc6, 0x33, 0x39,
                                       0xb1, 0x38, 0x02, 0x88, 0x6d, 0x53, 0xfc, 0x05};
/* A point with torsion of order 2, which a libsodium with a known fault takes for a member. */
static const uint8_t CANARY[32] = {0xd6, 0x00, 0x52, 0x7f, 0x97, 0x23, 0xf2, 0x16,
                                   0x6c, 0xa2, 0xc9, 0x9c, 0x90, 0xc5, 0x2e, 0x4a,
                                   0x21, 0x92, 0x1c, 0xbe, 0xc4, 0xed, 0xc7, 0x71,
                                   0xba, 0xc4, 0xfa, 0x0d, 0x5b, 0x3e, 0x2c, 0x24};

static uint8_t small_points[8][32];

void reference_start(void) {
    if (sodium_init() < 0 || crypto_core_ed25519_is_valid_point(CANARY)) {
        fprintf(stderr, "this libsodium takes a point with torsion for a member: no reference\n");
        exit(2);
    }
    memcpy(small_points[0], IDENTITY_BYTES, 32);
    for (int k = 1; k < 8; k++)
        sum_of(small_points[k], small_points[k - 1], OF_ORDER_8);
}

const uint8_t *small_point(unsigned k) { return small_points[k % 8]; }

int is_identity(const uint8_t raw[32]) { return memcmp(raw, IDENTITY_BYTES, 32) == 0; }

int is_zero(const uint8_t scalar[32]) { return sodium_is_zero(scalar, 32); }

int is_below_order(const uint8_t scalar[32]) {
    uint8_t wide[64] = {0}, reduced[32];
    memcpy(wide, scalar, 32);
    crypto_core_ed25519_scalar_reduce(reduced, wide);
    return memcmp(reduced, scalar, 32) == 0;
}

/* libsodium reads other spellings too, and writes the canonical one. */
int is_decodable(const uint8_t raw[32]) {
    uint8_t again[32];
    return crypto_core_ed25519_add(again, raw, IDENTITY_BYTES) == 0 && memcmp(again, raw, 32) == 0;
}

uint8_t verdict_on(const uint8_t raw[32]) {
    if (is_identity(raw))
        return 2;
    return crypto_core_ed25519_is_valid_point(raw) == 1;
}

void sum_of(uint8_t out[32], const uint8_t a[32], const uint8_t b[32]) {
    uint8_t sum[32], back[32];
    expect(crypto_core_ed25519_add(sum, a, b) == 0, "libsodium adds points of the curve");
    expect(crypto_core_ed25519_sub(back, sum, b) == 0, "libsodium subtracts points of the curve");
    expect_same(back, a, 32, "libsodium's sum less a summand");
    memcpy(out, sum, 32);
}

void append_digit(uint8_t scalar[32], unsigned width, int digit) {
    uint8_t power[32] = {0}, size[32] = {0};
    unsigned magnitude = (unsigned)(digit < 0 ? -digit : digit);
    power[width / 8] = (uint8_t)(1u << (width % 8));
    size[0] = (uint8_t)magnitude;
    size[1] = (uint8_t)(magnitude >> 8);
    crypto_core_ed25519_scalar_mul(scalar, scalar, power);
    if (digit < 0)
        crypto_core_ed25519_scalar_sub(scalar, scalar, size);
    else
        crypto_core_ed25519_scalar_add(scalar, scalar, size);
}

/* libsodium refuses to give the identity, and to multiply it. */
void multiple_of(uint8_t out[32], const uint8_t scalar[32], const uint8_t raw[32]) {
    uint8_t product[32];
    memcpy(out, IDENTITY_BYTES, 32);
    if (is_zero(scalar) || is_identity(raw))
        return;
    expect(crypto_scalarmult_ed25519_noclamp(product, scalar, raw) == 0, "libsodium multiplies");
    memcpy(out, product, 32);
}

void multiple_of_generator(uint8_t out[32], const uint8_t scalar[32]) {
    memcpy(out, IDENTITY_BYTES, 32);
    if (!is_zero(scalar))
        expect(crypto_scalarmult_ed25519_base_noclamp(out, scalar) == 0, "libsodium multiplies");
}

void eight_times(uint8_t out[32], const uint8_t raw[32]) {
    memcpy(out, raw, 32);
    for (int k = 0; k < 3; k++)
        sum_of(out, out, out);
}

void encode_known(known_point *point) {
    uint8_t member[32];
    multiple_of_generator(member, point->logarithm);
    sum_of(point->raw, member, small_point(point->torsion));
}

/* 8·T is the identity, so that of a scalar only its remainder modulo 8 matters to T. */
void add_known(known_point *total, const known_point *point, const uint8_t scalar[32]) {
    uint8_t product[32];
    crypto_core_ed25519_scalar_mul(product, scalar, point->logarithm);
    crypto_core_ed25519_scalar_add(total->logarithm, total->logarithm, product);
    total->torsion = (total->torsion + (scalar[0] & 7u) * point->torsion) % 8;
}
