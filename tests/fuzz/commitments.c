/* tables, commitments and coordinates: g^a·y^b·P^c, with products as bases, and the verdict on each
 * point. */

#include "harness.h"

#include <string.h>

#define KEYS 3
#define MOST_POINTS 6
#define MOST_PRODUCTS 3
#define MOST_FACTORS 5
#define MOST_TERMS 8
#define NO_BASE UINT32_MAX

typedef struct {
    uint32_t base;
    uint8_t a[32], b[32], c[32];
} term;

typedef struct {
    uint8_t points[MOST_POINTS][32];
    uint32_t words[MOST_PRODUCTS * (MOST_FACTORS + 1)];
    term terms[MOST_TERMS];
    size_t point_count, product_count, word_count, term_count;
    /* Of each base: its encoding, and whether it rests on members alone. */
    uint8_t bases[MOST_POINTS + MOST_PRODUCTS][32];
    int rests_on_members[MOST_POINTS + MOST_PRODUCTS];
    int is_well_formed;
} job;

/* Tables are dear, so that most inputs share a few. */
static struct {
    uint8_t raw[32];
    PyObject *tables;
} keys[KEYS];

void start_commitments(void) {
    for (size_t number = 0; number < KEYS; number++) {
        python_error error;
        uint8_t logarithm[32] = {1};
        if (number == 1) { /* g^−1; before it g, after it any */
            memcpy(logarithm, ORDER_BYTES, 32);
            logarithm[0] -= 1;
        } else if (number)
            memset(logarithm, 0x0b, 32);
        multiple_of_generator(keys[number].raw, logarithm);
        keys[number].tables = CALL(&error, "tables", bytes_of(keys[number].raw, 32));
        expect(keys[number].tables != NULL, "a member gets tables");
    }
}

static void take_points(input *in, job *out) {
    out->point_count = take_below(in, MOST_POINTS + 1);
    for (size_t i = 0; i < out->point_count; i++) {
        take_encoding(in, out->points[i]);
        memcpy(out->bases[i], out->points[i], 32);
        out->rests_on_members[i] = verdict_on(out->points[i]) != 0;
    }
}

static void take_products(input *in, job *out) {
    out->product_count = take_below(in, MOST_PRODUCTS + 1);
    for (size_t i = 0; i < out->product_count; i++) {
        size_t base = out->point_count + i;
        size_t count = out->point_count ? take_below(in, MOST_FACTORS + 1) : 0;
        int is_whole = 1;
        memcpy(out->bases[base], IDENTITY_BYTES, 32);
        out->words[out->word_count++] = (uint32_t)count;
        for (size_t k = 0; k < count; k++) {
            /* Now and then a point that there is not. */
            size_t number = take_byte(in) < 252 ? take_below(in, out->point_count)
                                                : out->point_count + take_below(in, 4);
            if (number >= out->point_count) {
                out->is_well_formed = 0;
                is_whole = 0;
            } else if (is_whole && out->rests_on_members[number])
                sum_of(out->bases[base], out->bases[base], out->bases[number]);
            else
                is_whole = 0;
            out->words[out->word_count++] = (uint32_t)number;
        }
        out->rests_on_members[base] = is_whole;
    }
    if (out->word_count && take_byte(in) == 255) { /* a count beyond the end */
        out->words[out->word_count - 1] += 1u << take_below(in, 32);
        out->is_well_formed = -1;
    }
}

static void take_exponent(input *in, job *out, uint8_t scalar[32]) {
    if (take_byte(in) < 250) {
        take_scalar(in, scalar);
        return;
    }
    take_any_scalar(in, scalar);
    if (!is_below_order(scalar) && out->is_well_formed == 1)
        out->is_well_formed = 0;
}

static void take_terms(input *in, job *out) {
    size_t base_count = out->point_count + out->product_count;
    out->term_count = take_below(in, MOST_TERMS + 1);
    for (size_t i = 0; i < out->term_count; i++) {
        term *one = &out->terms[i];
        uint8_t choice = take_byte(in);
        one->base = choice % (base_count + 1) < base_count ? choice % (uint32_t)(base_count + 1)
                                                           : NO_BASE;
        if (choice >= 250) { /* one that there is not */
            one->base = (uint32_t)(base_count + take_below(in, 3));
            out->is_well_formed = out->is_well_formed == 1 ? 0 : out->is_well_formed;
        }
        take_exponent(in, out, one->a);
        take_exponent(in, out, one->b);
        take_exponent(in, out, one->c);
    }
}

/* The same point, whose coordinates have only one encoding. */
static void expect_point(const uint8_t *got, const uint8_t expected[32], size_t size) {
    uint8_t coordinates[64];
    if (size == 32) {
        expect_same(got, expected, 32, "a commitment");
        return;
    }
    expect(coordinates_of(coordinates, expected), "a commitment is a point");
    expect_same(got, coordinates, 64, "the coordinates of a commitment");
}

static void expect_output(const job *asked, size_t key, const term *one, const uint8_t *got,
                          size_t size) {
    uint8_t expected[32], factor[32];
    multiple_of_generator(expected, one->a);
    multiple_of(factor, one->b, keys[key].raw);
    sum_of(expected, expected, factor);
    if (one->base != NO_BASE) {
        if (!asked->rests_on_members[one->base])
            return;
        multiple_of(factor, one->c, asked->bases[one->base]);
        sum_of(expected, expected, factor);
    }
    expect_point(got, expected, size);
}

static void expect_answer(const job *asked, size_t key, PyObject *answer, size_t size) {
    uint8_t expected[MOST_POINTS] = {0};
    PyObject *verdicts = python_item(answer, 0), *outputs = python_item(answer, 1);
    const uint8_t *got = (uint8_t *)PyBytes_AsString(outputs);
    expect(python_size(verdicts) == asked->point_count, "a verdict for each point");
    expect(python_size(outputs) == size * asked->term_count, "as many outputs as terms");
    for (size_t i = 0; i < asked->point_count; i++)
        expected[i] = verdict_on(asked->points[i]);
    expect_same((uint8_t *)PyBytes_AsString(verdicts), expected, asked->point_count,
                "the verdicts of commitments");
    for (size_t i = 0; i < asked->term_count; i++)
        expect_output(asked, key, &asked->terms[i], got + size * i, size);
}

/* Arguments of other kinds, and sizes that are no whole items. */
static void try_other_arguments(input *in) {
    static const uint8_t zeros[128];
    python_error error;
    PyObject *arguments[4] = {python_kept(keys[0].tables), bytes_of(zeros, 0), bytes_of(zeros, 0),
                              bytes_of(zeros, 0)};
    size_t place = take_below(in, 4), count = 1 + take_below(in, 4);
    uint8_t kind = take_byte(in);
    Py_DECREF(arguments[place]);
    if (place && kind & 1)
        arguments[place] = bytes_of(zeros, 1 + kind % 3); /* items have 32, 4 or 100 bytes */
    else
        arguments[place] = kind & 2 ? CALL(&error, "points", bytes_of(zeros, 0))
                                    : python_integer(kind);
    for (size_t i = count; i < 4; i++)
        Py_DECREF(arguments[i]);
    PyObject *answer = call(&error, "commitments", count, arguments);
    expect(!answer && (error == VALUE_ERROR || error == TYPE_ERROR), "such arguments are refused");
}

void try_commitments(input *in) {
    job asked = {.is_well_formed = 1};
    python_error error;
    if (take_byte(in) >= 250)
        try_other_arguments(in);
    size_t key = take_below(in, KEYS);
    size_t size = take_byte(in) < 64 ? 64 : 32;
    take_points(in, &asked);
    take_products(in, &asked);
    take_terms(in, &asked);
    take_failures(in);
    PyObject *answer =
        CALL(&error, size == 64 ? "coordinates" : "commitments", python_kept(keys[key].tables),
             bytes_of((uint8_t *)asked.points, 32 * asked.point_count),
             bytes_of((uint8_t *)asked.words, sizeof *asked.words * asked.word_count),
             bytes_of((uint8_t *)asked.terms, sizeof *asked.terms * asked.term_count));
    if (error == MEMORY_ERROR)
        return;
    /* A changed word may still be one that is well formed: then only memory is watched. */
    if (asked.is_well_formed >= 0)
        expect((answer != NULL) == asked.is_well_formed, "whether commitments are well asked for");
    if (answer && asked.is_well_formed > 0)
        expect_answer(&asked, key, answer, size);
    Py_XDECREF(answer);
}
