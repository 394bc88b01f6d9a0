/* eightfold: points given as an eighth, also with torsion, off the curve and not canonical. */

#include "harness.h"

#include <string.h>

#define MOST 5

/* Adds p to a coordinate below 19, which then still fits 255 bits; or leaves it. */
static void add_p(uint8_t coordinate[32]) {
    for (int i = 1; i < 32; i++)
        if (coordinate[i])
            return;
    if (coordinate[0] < 19) {
        coordinate[0] += 0xed;
        memset(coordinate + 1, 0xff, 30);
        coordinate[31] = 0x7f;
    }
}

/* An eighth, spoilt or not. */
static void take_eighth(input *in, uint8_t out[64]) {
    uint8_t raw[32], other[32];
    uint8_t choice = take_byte(in);
    known_point point;
    take_known_point(in, &point, 1);
    memcpy(raw, choice % 4 ? point.raw : small_point(take_byte(in)), 32);
    expect(coordinates_of(out, raw), "a point of the curve is read");
    switch (choice) {
    case 255:
        take_bytes(in, out, 64);
        break;
    case 254:
        out[take_below(in, 64)] ^= (uint8_t)(1u << take_below(in, 8));
        break;
    case 253: /* x for y */
        memcpy(other, out, 32);
        memcpy(out, out + 32, 32);
        memcpy(out + 32, other, 32);
        break;
    case 252: /* one coordinate of another point */
        take_known_point(in, &point, 1);
        memcpy(out + 32, point.raw, 32);
        out[63] &= 0x7f;
        break;
    default:
        if (choice % 16 == 8)
            add_p(out);
        if (choice % 16 == 12)
            add_p(out + 32);
    }
}

/* y with the lowest bit of x on top is the encoding of (x, y) exactly where that is on the curve:
 * whether x is the x of that encoding. Both are compared as bytes, so only canonical ones pass. */
static int is_on_curve_by_encoding(uint8_t encoding[32], const uint8_t eighth[64]) {
    uint8_t again[64];
    memcpy(encoding, eighth + 32, 32);
    if (encoding[31] & 0x80)
        return 0;
    encoding[31] |= (uint8_t)(eighth[0] << 7);
    return is_decodable(encoding) && coordinates_of(again, encoding) &&
           memcmp(again, eighth, 64) == 0;
}

void try_eighths(input *in) {
    uint8_t eighths[MOST][64], expected[MOST][32], weights[MOST][32];
    uint8_t total[32];
    size_t count = take_below(in, MOST) + 1;
    int are_points = 1;
    python_error error;
    memcpy(total, IDENTITY_BYTES, 32);
    for (size_t i = 0; i < count; i++) {
        uint8_t encoding[32], product[32];
        take_eighth(in, eighths[i]);
        take_scalar(in, weights[i]);
        if (!is_on_curve_by_encoding(encoding, eighths[i])) {
            are_points = 0;
            continue;
        }
        eight_times(expected[i], encoding);
        multiple_of(product, weights[i], expected[i]);
        sum_of(total, total, product);
    }
    take_failures(in);
    PyObject *answer = CALL(&error, "eightfold", bytes_of((uint8_t *)eighths, 64 * count));
    if (error == MEMORY_ERROR)
        return;
    expect((answer != NULL) == are_points, "whether eighths are canonical points of the curve");
    if (!answer)
        return;
    PyObject *encodings = python_item(answer, 1);
    expect(python_size(encodings) == 32 * count, "an encoding for each eighth");
    expect_same((uint8_t *)PyBytes_AsString(encodings), (uint8_t *)expected, 32 * count,
                "eight times an eighth");
    take_failures(in);
    PyObject *product = CALL(&error, "power_product", python_kept(python_item(answer, 0)),
                             bytes_of((uint8_t *)weights, 32 * count));
    if (product)
        expect_same((uint8_t *)PyBytes_AsString(product), total, 32, "a product of eighths' powers");
    Py_XDECREF(product);
    Py_DECREF(answer);
}
