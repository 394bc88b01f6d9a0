/* native.c itself, unchanged, and what only its inside can show: the bounds of its field, the
 * digits of scalars.
 *
 * The extension has its own malloc here, which is counted and can fail. */

#include "harness.h"

#include <stdlib.h>
#include <string.h>

#define malloc counted_malloc
#define calloc counted_calloc
#define free counted_free
#include "native.c"
#undef malloc
#undef calloc
#undef free

PyMethodDef *const SUBJECT_METHODS = METHODS;

/* First twice without memory for its table. */
void subject_start(void) {
    PyObject *module = PyInit__native();
    int (*exec)(PyObject *) = NULL;
    for (const PyModuleDef_Slot *slot = MODULE.m_slots; slot->slot; slot++)
        if (slot->slot == Py_mod_exec)
            exec = (int (*)(PyObject *))slot->value;
    expect(exec != NULL, "the module has a start");
    for (int enough = 0; enough < 3; enough++) {
        python_fail_after(enough < 2 ? enough : -1);
        int outcome = exec(module);
        expect(outcome == (enough < 2 ? -1 : 0), "the module starts where there is memory");
        expect(python_take_error() == (enough < 2 ? MEMORY_ERROR : NO_ERROR), "and says so");
    }
    Py_DECREF(module);
}

int coordinates_of(uint8_t out[64], const uint8_t raw[32]) {
    affine a;
    if (!decode(&a, raw))
        return 0;
    fe_to_bytes(out, &a.x);
    fe_to_bytes(out + 32, &a.y);
    return 1;
}

/* --- The field --------------------------------------------------------------------------------------
 *
 * Only the bounds and the laws of a field: whether it is the right field, the points say. The
 * sanitizer for unsigned overflow stops at any limb that leaves 64 bits. */

#define TIGHT ((1ULL << 51) + (1ULL << 14))
#define LOOSE (1ULL << 54)

/* Limbs below `limit`, often just below. */
static void take_element(input *in, fe *out, u64 limit) {
    uint8_t raw[32];
    static const u64 edges[] = {0, 1, 19, 0x7ffffffffffed, MASK51 - 1, MASK51, MASK51 + 1, TIGHT - 1};
    if (take_byte(in) % 4 == 0) { /* an encoding, also of p and of what is above */
        take_encoding(in, raw);
        fe_from_bytes(out, raw);
        return;
    }
    for (int i = 0; i < 5; i++) {
        uint8_t kind = take_byte(in);
        u64 any = 0;
        take_bytes(in, (uint8_t *)&any, kind % 16 == 15 ? 8 : 0);
        if (kind % 16 < 8)
            out->v[i] = edges[kind % 8];
        else
            out->v[i] = kind % 16 < 15 ? limit - 1 - kind / 16 : any;
        if (out->v[i] >= limit)
            out->v[i] %= limit;
    }
}

static void expect_tight(const fe *a) {
    for (int i = 0; i < 5; i++)
        expect(a->v[i] < TIGHT, "a limb that should be tight is not");
}

static void expect_equal(const fe *a, const fe *b, const char *what) {
    uint8_t left[32], right[32];
    fe_to_bytes(left, a);
    fe_to_bytes(right, b);
    expect_same(left, right, 32, what);
}

/* The one spelling below p: its lowest limb is below 2^51 − 19, or another is not full. */
static void reduce(fe *out, const fe *a) {
    uint8_t bytes[32];
    fe_to_bytes(bytes, a);
    fe_from_bytes(out, bytes);
    u64 full = out->v[1] & out->v[2] & out->v[3] & out->v[4];
    expect(!(bytes[31] & 0x80) && (full != MASK51 || out->v[0] < MASK51 - 18),
           "an encoding that is not below p");
}

static void try_products_and_squares(const fe *a, const fe *b) {
    fe a0, b0, got, expected;
    reduce(&a0, a);
    reduce(&b0, b);
    fe_mul(&got, a, b);
    expect_tight(&got);
    fe_mul(&expected, &b0, &a0);
    expect_equal(&got, &expected, "a product, and that of the reduced factors");
    fe_square(&got, a);
    expect_tight(&got);
    fe_mul(&expected, a, a);
    expect_equal(&got, &expected, "a square");
    fe_square_times(&got, a, 3);
    for (int k = 0; k < 2; k++)
        fe_mul(&expected, &expected, &expected);
    expect_equal(&got, &expected, "three squarings");
    got = *a;
    fe_carry(&got);
    expect_tight(&got);
    expect_equal(&got, a, "a carry");
}

/* All are tight. What is taken away is at most the sum of three. */
static void try_sums_and_differences(const fe *a, const fe *b, const fe *c) {
    fe sum, three, difference, left, right;
    fe_add(&sum, a, b);
    fe_mul(&left, &sum, c);
    fe_mul(&right, a, c);
    fe_mul(&three, b, c);
    fe_add(&right, &right, &three);
    expect_equal(&left, &right, "(a + b)·c");
    fe_add(&three, &sum, c);
    fe_sub(&difference, c, &three);
    fe_add(&left, &difference, &sum);
    expect(fe_is_zero(&left), "c − (a + b + c) + (a + b)");
    fe_sub(&difference, &sum, c);
    for (int i = 0; i < 5; i++)
        expect(difference.v[i] < LOOSE, "a difference that is not loose");
    fe_negate(&left, c);
    expect_tight(&left);
    fe_add(&left, &left, &sum);
    expect_equal(&difference, &left, "(a + b) − c");
}

/* --- Scalars as digits, of every width: Pippenger's widest windows take more points than fit here. */

static void try_digits(const uint8_t *scalar, int width) {
    int8_t odd[DIGITS];
    int16_t windows[DIGITS];
    uint8_t total[32] = {0};
    int last = -5, count = (254 + width - 1) / width;
    recode_odd(odd, scalar);
    for (int i = DIGITS - 1; i >= 0; i--)
        append_digit(total, 1, odd[i]);
    expect_same(total, scalar, 32, "a scalar from its odd digits");
    for (int i = 0; i < DIGITS; i++) {
        if (!odd[i])
            continue;
        expect(odd[i] % 2 && abs(odd[i]) < 16 && i - last >= 5, "digits odd, small and apart");
        last = i;
    }
    recode_windows(windows, scalar, width, count);
    memset(total, 0, 32);
    for (int w = count - 1; w >= 0; w--) {
        expect(abs(windows[w]) <= 1 << (width - 1), "a digit that has a bucket");
        append_digit(total, (unsigned)width, windows[w]);
    }
    expect_same(total, scalar, 32, "a scalar from its windows");
}

void try_field(input *in) {
    fe a, b, c, one;
    uint8_t raw[32];
    take_scalar(in, raw);
    try_digits(raw, 4 + (int)take_below(in, 12));
    take_element(in, &a, LOOSE);
    take_element(in, &b, LOOSE);
    try_products_and_squares(&a, &b);
    fe_invert(&one, &a);
    fe_mul(&one, &one, &a);
    expect(fe_is_zero(&a) ? fe_is_zero(&one) : fe_equal(&one, &FE_ONE), "an inverse");
    take_element(in, &a, TIGHT);
    take_element(in, &b, TIGHT);
    take_element(in, &c, TIGHT);
    try_sums_and_differences(&a, &b, &c);
    take_any_scalar(in, raw);
    expect(is_reduced(raw) == is_below_order(raw), "whether a scalar is below the order");
}
