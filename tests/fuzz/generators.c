/* generators: eight times the first point from each integer upwards. */

#include "harness.h"

#include <string.h>

#define MOST 4

static void next_integer(uint8_t bytes[32]) {
    for (int i = 0; i < 32 && !++bytes[i]; i++)
        ;
}

/* An encoding, or an integer whose lower bytes are full, so that counting carries. */
static void take_start(input *in, uint8_t out[32]) {
    take_encoding(in, out);
    uint8_t full = take_byte(in);
    if (full & 1)
        memset(out, 0xff, full % 33);
}

void try_generators(input *in) {
    uint8_t starts[MOST][32], expected[MOST][32];
    size_t count = take_below(in, MOST + 1);
    python_error error;
    for (size_t i = 0; i < count; i++) {
        uint8_t candidate[32];
        take_start(in, starts[i]);
        memcpy(candidate, starts[i], 32);
        while (!is_decodable(candidate))
            next_integer(candidate);
        eight_times(expected[i], candidate);
    }
    take_failures(in);
    PyObject *answer = CALL(&error, "generators", bytes_of((uint8_t *)starts, 32 * count));
    expect(answer || error == MEMORY_ERROR, "every start gives a generator");
    if (!answer)
        return;
    expect(python_size(answer) == 32 * count, "an encoding for each start");
    expect_same((uint8_t *)PyBytes_AsString(answer), (uint8_t *)expected, 32 * count,
                "a generator");
    Py_DECREF(answer);
}
