/* What the harnesses share: the fuzzer's bytes as choices, libsodium as the reference, and calls of
 * the extension as Python makes them. */
#ifndef FUZZ_HARNESS_H
#define FUZZ_HARNESS_H

#include <Python.h>

#include <stddef.h>
#include <stdint.h>

/* --- The fuzzer's bytes (input.c) ------------------------------------------------------------------ */

typedef struct {
    const uint8_t *data;
    size_t left;
} input;

/* The next bytes; zeros after the last one. */
uint8_t take_byte(input *in);
void take_bytes(input *in, uint8_t *out, size_t count);
size_t take_below(input *in, size_t limit);

/* A scalar below the order: an edge, a small one, one digit somewhere, a run of ones, or any. */
void take_scalar(input *in, uint8_t out[32]);
/* The order, one more, all ones, or any 32 bytes: whether it is reduced, nobody knows. */
void take_any_scalar(input *in, uint8_t out[32]);

/* A point of the curve as g^logarithm + torsion·T, where T has order 8. */
typedef struct {
    uint8_t raw[32], logarithm[32];
    unsigned torsion; /* below 8 */
} known_point;

void take_known_point(input *in, known_point *out, int has_torsion);
/* 32 bytes: a known point, one of small order, with the sign of x = 0 set, y not below p, a bit
 * turned, or any string. */
void take_encoding(input *in, uint8_t out[32]);

/* --- libsodium (reference.c) ----------------------------------------------------------------------- */

extern const uint8_t ORDER_BYTES[32];
extern const uint8_t IDENTITY_BYTES[32];
extern const uint8_t GENERATOR_BYTES[32];

void reference_start(void);
/* k·T for k from 0 to 7. */
const uint8_t *small_point(unsigned k);
int is_identity(const uint8_t raw[32]);
int is_zero(const uint8_t scalar[32]);
/* Below the order, by subtraction of bytes. */
int is_below_order(const uint8_t scalar[32]);
/* Canonical and on the curve. */
int is_decodable(const uint8_t raw[32]);
/* As in_group says it: 0, 1, or 2 for the identity. */
uint8_t verdict_on(const uint8_t raw[32]);
void sum_of(uint8_t out[32], const uint8_t a[32], const uint8_t b[32]);
/* scalar = scalar·2^width + digit modulo the order; a digit may be negative. */
void append_digit(uint8_t scalar[32], unsigned width, int digit);
/* s·P of a member, s·G. */
void multiple_of(uint8_t out[32], const uint8_t scalar[32], const uint8_t raw[32]);
void multiple_of_generator(uint8_t out[32], const uint8_t scalar[32]);
void eight_times(uint8_t out[32], const uint8_t raw[32]);
/* Sets `raw` from logarithm and torsion. */
void encode_known(known_point *point);
/* total += scalar·point, in logarithm and torsion; encode_known comes after the last one. */
void add_known(known_point *total, const known_point *point, const uint8_t scalar[32]);

/* --- The extension (calls.c, inside.c) ------------------------------------------------------------- */

extern PyMethodDef *const SUBJECT_METHODS;
void subject_start(void);
/* The coordinates of a point, 64 bytes, as native.c reads it. Returns 0 where it refuses. */
int coordinates_of(uint8_t out[64], const uint8_t raw[32]);

void found(const char *sentence) __attribute__((noreturn));
void expect(int holds, const char *sentence);
void expect_same(const uint8_t *got, const uint8_t *expected, size_t size, const char *what);

PyObject *bytes_of(const uint8_t *data, size_t size);

/* One argument as it is, more as a tuple; they are dropped. Expects an answer exactly where no error
 * is set, and MEMORY_ERROR only where `take_failures` asked for it. */
PyObject *call(python_error *error, const char *name, size_t count, PyObject *const *arguments);
#define CALL(error, name, ...) \
    call(error, name, sizeof((PyObject *[]){__VA_ARGS__}) / sizeof(PyObject *), \
         (PyObject *[]){__VA_ARGS__})

/* Takes from the input whether, and where, the next call runs out of memory. */
void take_failures(input *in);

/* --- The families ---------------------------------------------------------------------------------- */

void try_field(input *in);
void try_membership(input *in);
void start_commitments(void);
void try_commitments(input *in);
void try_eighths(input *in);
void try_sums(input *in);
void try_products(input *in);
void try_torsion(input *in);
void try_generators(input *in);

#endif
