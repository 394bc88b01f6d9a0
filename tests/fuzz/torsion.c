/* torsion_free: what it says of points whose torsion is known, for any choices.
 *
 * The fuzzer makes the choices that the product draws at random, so the answer is foretold exactly:
 * each pass and each bit of a bucket's number asks whether the torsions of the points that were put
 * into buckets with this bit cancel. */

#include "harness.h"

#include <sodium.h>
#include <string.h>

#define MOST_POINTS 12
#define MOST_PASSES 4
#define MOST_BITS 6

static int foretell(const known_point *points, size_t count, int bits, size_t passes,
                    const uint8_t *choices) {
    for (size_t pass = 0; pass < passes; pass++)
        for (int bit = 0; bit < bits; bit++) {
            unsigned torsion = 0;
            for (size_t i = 0; i < count; i++) {
                const uint8_t *choice = choices + 2 * (pass * count + i);
                if ((choice[0] | choice[1] << 8) >> bit & 1)
                    torsion += points[i].torsion;
            }
            if (torsion % 8)
                return 0;
        }
    return 1;
}

void try_torsion(input *in) {
    known_point points[MOST_POINTS];
    uint8_t strings[MOST_POINTS][32], choices[2 * MOST_POINTS * MOST_PASSES];
    size_t count = take_below(in, MOST_POINTS + 1), passes = 1 + take_below(in, MOST_PASSES);
    uint8_t choice = take_byte(in);
    int bits = choice == 255 ? (int)take_below(in, 20) : 1 + choice % MOST_BITS;
    python_error error;
    take_bytes(in, choices, 2 * count * passes);
    for (size_t i = 0; i < count; i++) {
        take_known_point(in, &points[i], choice & 0x40);
        memcpy(strings[i], points[i].raw, 32);
    }
    PyObject *handle = CALL(&error, "points", bytes_of((uint8_t *)strings, 32 * count));
    expect(handle != NULL, "points of the curve get a handle");
    take_failures(in);
    PyObject *answer = CALL(&error, "torsion_free", python_kept(handle), python_integer(bits),
                            bytes_of(choices, 2 * count * passes));
    if (error != MEMORY_ERROR)
        expect((answer != NULL) == (bits >= 1 && bits <= 14), "from 1 to 14 bits");
    if (answer)
        expect(python_truth(answer) == foretell(points, count, bits, passes, choices),
               "whether points are free of torsion");
    Py_XDECREF(answer);
    if (count) {
        answer = CALL(&error, "torsion_free", python_kept(handle), python_integer(4),
                      bytes_of(choices, 2 * count - 1));
        expect(!answer && error == VALUE_ERROR, "choices that are not whole passes are refused");
    }
    Py_DECREF(handle);
}
