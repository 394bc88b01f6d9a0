/* products: of each column of a table of points, on the curve but of any subgroup. */

#include "harness.h"

#include <string.h>

#define MOST 12

void try_products(input *in) {
    uint8_t strings[MOST][32], expected[MOST][32];
    size_t width = take_below(in, 5), count = take_below(in, MOST + 1);
    int are_points = 1;
    python_error error;
    for (size_t k = 0; k < width; k++)
        memcpy(expected[k], IDENTITY_BYTES, 32);
    for (size_t i = 0; i < count; i++) {
        known_point point;
        if (take_byte(in) < 240) {
            take_known_point(in, &point, 1);
            memcpy(strings[i], point.raw, 32);
        } else
            take_encoding(in, strings[i]);
        are_points &= is_decodable(strings[i]);
        if (are_points && width)
            sum_of(expected[i % width], expected[i % width], strings[i]);
    }
    int is_asked_well = are_points && width && count % width == 0;
    take_failures(in);
    PyObject *answer = CALL(&error, "products", bytes_of((uint8_t *)strings, 32 * count),
                            python_integer((long)width));
    if (error == MEMORY_ERROR)
        return;
    expect((answer != NULL) == is_asked_well, "whether columns are whole, and of points");
    if (!answer)
        return;
    expect(python_size(answer) == 32 * width, "an encoding for each column");
    expect_same((uint8_t *)PyBytes_AsString(answer), (uint8_t *)expected, 32 * width,
                "the product of a column");
    Py_DECREF(answer);
}
