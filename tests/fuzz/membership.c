/* in_group, points and tables: which strings are points, and which of them members. */

#include "harness.h"

#include <string.h>

#define MOST 6

static void try_in_group(const uint8_t *strings, size_t count) {
    python_error error;
    uint8_t expected[MOST];
    for (size_t i = 0; i < count; i++)
        expected[i] = verdict_on(strings + 32 * i);
    PyObject *answer = CALL(&error, "in_group", bytes_of(strings, 32 * count));
    if (!answer)
        return;
    expect(python_size(answer) == count, "as many verdicts as strings");
    expect_same((uint8_t *)PyBytes_AsString(answer), expected, count, "the verdicts of in_group");
    Py_DECREF(answer);
}

static void try_points(const uint8_t *strings, size_t count) {
    python_error error;
    int are_points = 1;
    for (size_t i = 0; i < count; i++)
        are_points &= is_decodable(strings + 32 * i);
    PyObject *answer = CALL(&error, "points", bytes_of(strings, 32 * count));
    if (error != MEMORY_ERROR)
        expect((answer != NULL) == are_points, "whether strings are points of the curve");
    Py_XDECREF(answer);
}

static void try_tables(const uint8_t *string) {
    python_error error;
    PyObject *answer = CALL(&error, "tables", bytes_of(string, 32));
    if (error != MEMORY_ERROR)
        expect((answer != NULL) == (verdict_on(string) != 0), "whether a key is a member");
    Py_XDECREF(answer);
}

static void try_lengths(const uint8_t *strings, size_t size) {
    static const char *names[] = {"in_group", "points", "tables", "generators"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        python_error error;
        PyObject *answer = CALL(&error, names[i], bytes_of(strings, size));
        expect(!answer && error == VALUE_ERROR, "bytes that are no whole items are refused");
        answer = CALL(&error, names[i], python_integer(5));
        expect(!answer && error == TYPE_ERROR, "what is no bytes is refused");
    }
}

void try_membership(input *in) {
    uint8_t strings[32 * MOST];
    uint8_t choice = take_byte(in);
    size_t count = 1 + choice % MOST;
    for (size_t i = 0; i < count; i++)
        take_encoding(in, strings + 32 * i);
    take_failures(in);
    try_in_group(strings, count);
    take_failures(in);
    try_points(strings, count);
    if (choice >= 250)
        try_lengths(strings, 32 * count - 1 - take_below(in, 31));
    /* Tables take a hundred times as long. */
    if (choice >= 240) {
        take_failures(in);
        try_tables(strings);
    }
}
