/* points, vanishes and power_product (Pippenger), with every width of window up to some 900 points. */

#include "harness.h"

#include <sodium.h>
#include <string.h>

#define POOL 6
#define MOST 1000

/* Mostly few points, now and then enough for a wider window. */
static size_t take_count(input *in) {
    static const size_t limits[] = {38, 148, 398, 898};
    uint8_t choice = take_byte(in);
    if (choice < 250)
        return choice % 24;
    return limits[choice % 4] + take_below(in, 4);
}

/* Scalars that are not as many, no whole ones, none at all; and a handle of another kind. */
static void refuse_others(PyObject *handle, const uint8_t *scalars, size_t count) {
    static const char *sentence = "scalars that are not as many as points are refused";
    python_error error;
    PyObject *answer = CALL(&error, "vanishes", python_kept(handle),
                            bytes_of(scalars, count ? 32 * count - 1 : 1));
    expect(!answer && error == VALUE_ERROR, sentence);
    answer = CALL(&error, "power_product", python_kept(handle),
                  bytes_of(scalars, count ? 32 * (count - 1) : 32));
    expect(!answer && error == VALUE_ERROR, sentence);
    answer = CALL(&error, "vanishes", python_kept(handle), python_integer(1));
    expect(!answer && error == TYPE_ERROR, sentence);
    answer = CALL(&error, "torsion_free", bytes_of(scalars, 32), python_integer(1),
                  bytes_of(scalars, 32));
    expect(!answer && error == VALUE_ERROR, "what is no handle is refused");
}

void try_sums(input *in) {
    static uint8_t points[MOST + 1][32], scalars[MOST + 1][32];
    known_point pool[POOL], total;
    uint8_t exponents[POOL][32];
    size_t count = take_count(in), kinds = 1 + take_below(in, POOL);
    int has_torsion = take_byte(in) & 1;
    python_error error;
    memset(&total, 0, sizeof total);
    for (size_t k = 0; k < kinds; k++) {
        take_known_point(in, &pool[k], has_torsion);
        take_scalar(in, exponents[k]);
    }
    for (size_t i = 0; i < count; i++) {
        size_t point = take_below(in, kinds);
        memcpy(points[i], pool[point].raw, 32);
        memcpy(scalars[i], exponents[i % 7 == 0 ? i % kinds : take_below(in, kinds)], 32);
        add_known(&total, &pool[point], scalars[i]);
    }
    /* One more power of g makes the product vanish, where torsion does not forbid it. */
    if (take_byte(in) & 1) {
        memcpy(points[count], GENERATOR_BYTES, 32);
        crypto_core_ed25519_scalar_negate(scalars[count], total.logarithm);
        memset(total.logarithm, 0, 32);
        count++;
    }
    encode_known(&total);
    int is_refused = count && take_byte(in) == 255;
    if (is_refused)
        memcpy(scalars[take_below(in, count)], ORDER_BYTES, 32);
    PyObject *handle = CALL(&error, "points", bytes_of((uint8_t *)points, 32 * count));
    expect(handle != NULL, "points of the curve get a handle");
    take_failures(in);
    PyObject *product = CALL(&error, "power_product", python_kept(handle),
                             bytes_of((uint8_t *)scalars, 32 * count));
    if (error != MEMORY_ERROR)
        expect(is_refused == (product == NULL), "whether scalars are reduced");
    if (product)
        expect_same((uint8_t *)PyBytes_AsString(product), total.raw, 32, "a product of powers");
    Py_XDECREF(product);
    take_failures(in);
    PyObject *vanishes = CALL(&error, "vanishes", python_kept(handle),
                              bytes_of((uint8_t *)scalars, 32 * count));
    if (vanishes)
        expect(python_truth(vanishes) == is_identity(total.raw), "whether a product vanishes");
    Py_XDECREF(vanishes);
    refuse_others(handle, (uint8_t *)scalars, count);
    Py_DECREF(handle);
}
