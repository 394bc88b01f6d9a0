/* The entry points of libFuzzer, calls of the extension, and what happens when something differs.
 *
 * One program holds all families: the environment variable FUZZ_FAMILY names the one to try. */

#include "harness.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
    const char *name;
    void (*attempt)(input *in);
    void (*start)(void);
} family;

static const family FAMILIES[] = {
    {"field", try_field, NULL},
    {"membership", try_membership, NULL},
    {"commitments", try_commitments, start_commitments},
    {"eighths", try_eighths, NULL},
    {"sums", try_sums, NULL},
    {"products", try_products, NULL},
    {"torsion", try_torsion, NULL},
    {"generators", try_generators, NULL},
};

static const family *chosen;
static int failing_after = -1;

/* --- Findings ------------------------------------------------------------------------------------ */

void found(const char *sentence) {
    fprintf(stderr, "FOUND: %s\n", sentence);
    abort();
}

void expect(int holds, const char *sentence) {
    if (!holds)
        found(sentence);
}

void expect_same(const uint8_t *got, const uint8_t *expected, size_t size, const char *what) {
    if (memcmp(got, expected, size) == 0)
        return;
    const uint8_t *rows[] = {got, expected};
    const char *names[] = {"got", "expected"};
    for (int row = 0; row < 2; row++) {
        fprintf(stderr, "%-9s", names[row]);
        for (size_t i = 0; i < size; i++)
            fprintf(stderr, "%02x", rows[row][i]);
        fprintf(stderr, "\n");
    }
    found(what);
}

/* --- Calls --------------------------------------------------------------------------------------- */

PyObject *bytes_of(const uint8_t *data, size_t size) {
    return PyBytes_FromStringAndSize((const char *)data, (Py_ssize_t)size);
}

void take_failures(input *in) {
    uint8_t choice = take_byte(in);
    /* Most functions allocate a few times, one of them often. */
    failing_after = choice < 224 ? -1 : choice % (choice < 240 ? 4 : 16);
}

static const PyMethodDef *method_named(const char *name) {
    for (const PyMethodDef *method = SUBJECT_METHODS; method->ml_name; method++)
        if (strcmp(method->ml_name, name) == 0)
            return method;
    found("the extension lacks a function");
}

PyObject *call(python_error *error, const char *name, size_t count, PyObject *const *arguments) {
    const PyMethodDef *method = method_named(name);
    PyObject *argument = method->ml_flags == METH_O ? python_kept(arguments[0])
                                                    : python_tuple(count, arguments);
    int was_failing = failing_after;
    python_fail_after(failing_after);
    PyObject *answer = method->ml_meth(NULL, argument);
    python_fail_after(-1);
    failing_after = -1;
    *error = python_take_error();
    expect((answer == NULL) == (*error != NO_ERROR), "an answer, or else an error, is missing");
    expect(*error != MEMORY_ERROR || was_failing >= 0, "no memory, though there is some");
    Py_DECREF(argument);
    for (size_t i = 0; i < count; i++)
        Py_DECREF(arguments[i]);
    return answer;
}

/* --- libFuzzer ----------------------------------------------------------------------------------- */

int LLVMFuzzerInitialize(int *count, char ***arguments);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerInitialize(int *count, char ***arguments) {
    const char *wanted = getenv("FUZZ_FAMILY");
    (void)count;
    (void)arguments;
    for (size_t i = 0; wanted && i < sizeof FAMILIES / sizeof *FAMILIES; i++)
        if (strcmp(FAMILIES[i].name, wanted) == 0)
            chosen = &FAMILIES[i];
    if (!chosen) {
        fprintf(stderr, "FUZZ_FAMILY has to name a family; calls.c lists them\n");
        exit(2);
    }
    reference_start();
    subject_start();
    if (chosen->start)
        chosen->start();
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    input in = {data, size};
    size_t before = python_live();
    failing_after = -1;
    chosen->attempt(&in);
    expect(python_live() == before, "objects or blocks are left over, or dropped too often");
    return 0;
}
