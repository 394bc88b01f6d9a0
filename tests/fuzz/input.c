/* From the fuzzer's bytes to points and scalars, of which the interesting ones are met often. */

#include "harness.h"

#include <sodium.h>
#include <string.h>

uint8_t take_byte(input *in) {
    if (!in->left)
        return 0;
    in->left--;
    return *in->data++;
}

void take_bytes(input *in, uint8_t *out, size_t count) {
    for (size_t i = 0; i < count; i++)
        out[i] = take_byte(in);
}

size_t take_below(input *in, size_t limit) { return take_byte(in) % limit; }

/* 32 bytes from 2, so that a short input can hold much that looks random. */
static void take_random(input *in, uint8_t out[32]) {
    uint8_t seed[randombytes_SEEDBYTES] = {0};
    take_bytes(in, seed, 2);
    randombytes_buf_deterministic(out, 32, seed);
}

static void less_small(uint8_t out[32], uint8_t less) { /* out − less, which does not borrow twice */
    out[1] -= out[0] < less;
    out[0] -= less;
}

/* A digit of up to eight bits from bit `place` on. */
static void put_digit(uint8_t out[32], size_t place, uint8_t digit) {
    unsigned shifted = (unsigned)digit << (place % 8);
    out[place / 8] |= (uint8_t)shifted;
    if (place / 8 + 1 < 32)
        out[place / 8 + 1] |= (uint8_t)(shifted >> 8);
}

void take_any_scalar(input *in, uint8_t out[32]) {
    uint8_t kind = take_byte(in);
    size_t from, to;
    memset(out, 0, 32);
    switch (kind % 9) {
    case 0: /* 0, 1, 2 … */
        out[0] = take_byte(in) % 34;
        return;
    case 1: /* q − 1, q − 2 … */
        memcpy(out, ORDER_BYTES, 32);
        less_small(out, (uint8_t)(1 + take_byte(in) % 34));
        return;
    case 2: /* 2^252 and its neighbours */
        out[31] = 0x10;
        if (kind & 0x80) {
            memset(out, 0xff, 31);
            out[31] = 0x0f;
        }
        return;
    case 3: /* one digit somewhere below 2^252 */
        put_digit(out, take_below(in, 244), take_byte(in));
        return;
    case 4: /* a run of ones below 2^252 */
        from = take_below(in, 252);
        to = take_below(in, 252);
        for (size_t bit = from; bit < to; bit++)
            out[bit / 8] |= (uint8_t)(1u << (bit % 8));
        return;
    case 5: /* q, q + 1 …, or all ones */
        memcpy(out, ORDER_BYTES, 32);
        out[0] += take_byte(in) % 8;
        if (kind & 0x80)
            memset(out, 0xff, 32);
        return;
    case 6:
        take_bytes(in, out, 32);
        return;
    default:
        take_random(in, out);
        out[31] &= 0x0f;
    }
}

void take_scalar(input *in, uint8_t out[32]) {
    uint8_t wide[64] = {0};
    take_any_scalar(in, wide);
    crypto_core_ed25519_scalar_reduce(out, wide);
}

void take_known_point(input *in, known_point *out, int has_torsion) {
    uint8_t kind = take_byte(in);
    take_scalar(in, out->logarithm);
    if (kind & 0x40)
        memset(out->logarithm, 0, 32);
    /* Half of the points are members, so that many of several often are. */
    out->torsion = has_torsion && kind & 0x80 ? kind % 8 : 0;
    encode_known(out);
}

void take_encoding(input *in, uint8_t out[32]) {
    static const uint8_t P_LESS_16 = 0xed - 16; /* the lowest byte; p = 2^255 − 19 */
    known_point point;
    uint8_t kind = take_byte(in);
    memset(out, 0, 32);
    switch (kind % 8) {
    case 0: /* of small order, or its other sign: x = 0 with its sign set is among them */
        memcpy(out, small_point(take_byte(in)), 32);
        break;
    case 1: /* a small y */
        out[0] = take_byte(in);
        break;
    case 2: /* y from p − 16 to 2^255 − 1: mostly not below p */
        memset(out, 0xff, 32);
        out[31] = 0x7f;
        out[0] = (uint8_t)(P_LESS_16 + take_byte(in) % 35);
        break;
    case 3:
        take_bytes(in, out, 32);
        return;
    case 4:
        take_random(in, out);
        return;
    default:
        take_known_point(in, &point, 1);
        memcpy(out, point.raw, 32);
        if (kind % 8 == 5)
            out[take_below(in, 32)] ^= (uint8_t)(1u << take_below(in, 8));
    }
    out[31] ^= kind & 0x80;
}
