/* Fast arithmetic on PUBLIC points of Ed25519, for checking proofs. Never give it a secret.
 *
 * Everything here takes a time that depends on its input: tables are looked up by digits of
 * scalars, branches depend on data. Keys, credentials, votes and randomness go through libsodium
 * (evote/group/scalars.py). What is checked here, anybody may see: ballots, proofs, shuffles.
 *
 * It decides two things and no more: whether 32 bytes are the canonical encoding of a point, and of
 * which subgroup; and the encoding of g^a·y^b·P^c. Parsing, the order of checks, hashing and the
 * texts of errors exist once, in Python, for this code and for the reference on libsodium.
 *
 * Contents
 *   1. Integers modulo p = 2^255 − 19: five limbs of 51 bits, with the bounds of each function.
 *   2. Points of the curve −x² + y² = 1 + d·x²·y², extended coordinates (RFC 8032, section 5.1.4).
 *   3. Encodings: strict, one spelling each (RFC 8032, section 5.1.3).
 *   4. Scalars as signed digits.
 *   5. Several multiples of one point that share their doublings; the exact test of the subgroup.
 *   6. Fixed bases by tables. 7. Commitments. 8. Sums of many multiples (Pippenger).
 *   9. Points given as an eighth. 10. Many points tested for torsion together. 11. The module.
 *
 * "Tight" means limbs below 2^51 + 2^14; "loose", limbs below 2^54. Sources of the formulas: RFC
 * 8032; Hisil, Wong, Carter, Dawson, "Twisted Edwards curves revisited" (ASIACRYPT 2008), whose
 * addition is complete here, since −1 is a square modulo p and d is not: no case is special, neither
 * equal points, nor opposite ones, nor points of small order. Yao, "On the evaluation of powers"
 * (1976); Pippenger (1976); Montgomery's trick for many inverses.
 */

#define PY_SSIZE_T_CLEAN
#define Py_LIMITED_API 0x030b0000
#include <Python.h>

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#if !defined(__SIZEOF_INT128__) || __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "needs integers of 128 bits and a little-endian machine; evote then uses libsodium alone"
#endif

typedef unsigned __int128 u128;
typedef uint64_t u64;

/* --- 1. Integers modulo p ---------------------------------------------------------------------- */

typedef struct {
    u64 v[5]; /* Σ v[i]·2^(51·i) */
} fe;

#define MASK51 ((1ULL << 51) - 1)

static const fe FE_ZERO = {{0}};
static const fe FE_ONE = {{1}};
/* d = −121665/121666, and 2d (RFC 8032, section 5.1). */
static const fe FE_D = {{0x34dca135978a3ULL, 0x1a8283b156ebdULL, 0x5e7a26001c029ULL,
                         0x739c663a03cbbULL, 0x52036cee2b6ffULL}};
static const fe FE_2D = {{0x69b9426b2f159ULL, 0x35050762add7aULL, 0x3cf44c0038052ULL,
                          0x6738cc7407977ULL, 0x2406d9dc56dffULL}};
/* A square root of −1: 2^((p−1)/4). */
static const fe FE_ROOT = {{0x61b274a0ea0b0ULL, 0x0d5a5fc8f189dULL, 0x7ef5e9cbd0c60ULL,
                            0x78595a6804c9eULL, 0x2b8324804fc1dULL}};
/* The base point. */
static const fe FE_GX = {{0x62d608f25d51aULL, 0x412a4b4f6592aULL, 0x75b7171a4b31dULL,
                          0x1ff60527118feULL, 0x216936d3cd6e5ULL}};
static const fe FE_GY = {{0x6666666666658ULL, 0x4ccccccccccccULL, 0x1999999999999ULL,
                          0x3333333333333ULL, 0x6666666666666ULL}};

static inline u64 load64(const uint8_t *in) {
    u64 word;
    memcpy(&word, in, 8);
    return word;
}

/* a + b without a carry: two tight ones give limbs below 2^52 + 2^15. */
static inline void fe_add(fe *out, const fe *a, const fe *b) {
    for (int i = 0; i < 5; i++)
        out->v[i] = a->v[i] + b->v[i];
}

/* a − b + 4p without a carry. No limb of b may exceed that of 4p, 2^53 − 76: so b is tight, or the
 * sum of up to three tight ones. With a below 2^52 + 2^15 the result is below 2^53.6: loose. */
static inline void fe_sub(fe *out, const fe *a, const fe *b) {
    out->v[0] = a->v[0] + 0x1fffffffffffb4ULL - b->v[0];
    for (int i = 1; i < 5; i++)
        out->v[i] = a->v[i] + 0x1ffffffffffffcULL - b->v[i];
}

/* One round of carries: a loose one becomes tight. The first limb gets at most 19·2^3 more. */
static inline void fe_carry(fe *a) {
    for (int i = 0; i < 4; i++) {
        a->v[i + 1] += a->v[i] >> 51;
        a->v[i] &= MASK51;
    }
    a->v[0] += 19 * (a->v[4] >> 51);
    a->v[4] &= MASK51;
}

/* Carries of a product's columns. Each column is at most 2^108·(1 + 4·19) < 2^114.3, so that what is
 * carried fits 64 bits; the last column has no factor 19, so 19 times its carry fits too. Tight. */
static inline void fe_columns(fe *out, u128 r0, u128 r1, u128 r2, u128 r3, u128 r4) {
    r1 += (u64)(r0 >> 51);
    r2 += (u64)(r1 >> 51);
    r3 += (u64)(r2 >> 51);
    r4 += (u64)(r3 >> 51);
    u64 low = ((u64)r0 & MASK51) + 19 * (u64)(r4 >> 51);
    out->v[0] = low & MASK51;
    out->v[1] = ((u64)r1 & MASK51) + (low >> 51);
    out->v[2] = (u64)r2 & MASK51;
    out->v[3] = (u64)r3 & MASK51;
    out->v[4] = (u64)r4 & MASK51;
}

/* a·b: loose times loose gives tight. 2^255 = 19 modulo p folds the upper columns. */
static inline void fe_mul(fe *out, const fe *a, const fe *b) {
    u64 a0 = a->v[0], a1 = a->v[1], a2 = a->v[2], a3 = a->v[3], a4 = a->v[4];
    u64 b0 = b->v[0], b1 = b->v[1], b2 = b->v[2], b3 = b->v[3], b4 = b->v[4];
    u64 c1 = 19 * b1, c2 = 19 * b2, c3 = 19 * b3, c4 = 19 * b4;
    fe_columns(out,
               (u128)a0 * b0 + (u128)a1 * c4 + (u128)a2 * c3 + (u128)a3 * c2 + (u128)a4 * c1,
               (u128)a0 * b1 + (u128)a1 * b0 + (u128)a2 * c4 + (u128)a3 * c3 + (u128)a4 * c2,
               (u128)a0 * b2 + (u128)a1 * b1 + (u128)a2 * b0 + (u128)a3 * c4 + (u128)a4 * c3,
               (u128)a0 * b3 + (u128)a1 * b2 + (u128)a2 * b1 + (u128)a3 * b0 + (u128)a4 * c4,
               (u128)a0 * b4 + (u128)a1 * b3 + (u128)a2 * b2 + (u128)a3 * b1 + (u128)a4 * b0);
}

/* a^(2^n), n ≥ 1: loose gives tight. The same columns with equal products joined. */
static inline void fe_square_times(fe *out, const fe *a, int n) {
    fe t = *a;
    while (n--) {
        u64 a0 = t.v[0], a1 = t.v[1], a2 = t.v[2], a3 = t.v[3], a4 = t.v[4];
        u64 d0 = 2 * a0, d1 = 2 * a1, d2 = 38 * a2, c3 = 19 * a3, c4 = 19 * a4, d4 = 38 * a4;
        fe_columns(&t, (u128)a0 * a0 + (u128)d4 * a1 + (u128)d2 * a3,
                   (u128)d0 * a1 + (u128)d4 * a2 + (u128)a3 * c3,
                   (u128)d0 * a2 + (u128)a1 * a1 + (u128)d4 * a3,
                   (u128)d0 * a3 + (u128)d1 * a2 + (u128)a4 * c4,
                   (u128)d0 * a4 + (u128)d1 * a3 + (u128)a2 * a2);
    }
    *out = t;
}

static inline void fe_square(fe *out, const fe *a) { fe_square_times(out, a, 1); }

static void fe_negate(fe *out, const fe *a) { /* a tight; tight */
    fe_sub(out, &FE_ZERO, a);
    fe_carry(out);
}

/* The low 255 bits of 32 bytes, not reduced modulo p. */
static void fe_from_bytes(fe *out, const uint8_t *in) {
    u64 w0 = load64(in), w1 = load64(in + 8), w2 = load64(in + 16), w3 = load64(in + 24);
    out->v[0] = w0 & MASK51;
    out->v[1] = (w0 >> 51 | w1 << 13) & MASK51;
    out->v[2] = (w1 >> 38 | w2 << 26) & MASK51;
    out->v[3] = (w2 >> 25 | w3 << 39) & MASK51;
    out->v[4] = (w3 >> 12) & MASK51;
}

/* The one representative in [0, p). After two rounds of carries the value is below 2^255 + 19, so
 * it is reduced by subtracting p once or not at all: once iff adding 19 reaches 2^255. */
static void fe_to_bytes(uint8_t *out, const fe *a) {
    fe t = *a;
    fe_carry(&t);
    fe_carry(&t);
    u64 once = (t.v[0] + 19) >> 51;
    for (int i = 1; i < 5; i++)
        once = (t.v[i] + once) >> 51;
    t.v[0] += 19 * once;
    for (int i = 0; i < 4; i++) {
        t.v[i + 1] += t.v[i] >> 51;
        t.v[i] &= MASK51;
    }
    t.v[4] &= MASK51; /* drops the 2^255 that came with 19·once */
    u64 words[4] = {t.v[0] | t.v[1] << 51, t.v[1] >> 13 | t.v[2] << 38,
                    t.v[2] >> 26 | t.v[3] << 25, t.v[3] >> 39 | t.v[4] << 12};
    memcpy(out, words, 32);
}

static int fe_is_odd(const fe *a) {
    uint8_t bytes[32];
    fe_to_bytes(bytes, a);
    return bytes[0] & 1;
}

static int fe_equal(const fe *a, const fe *b) {
    uint8_t left[32], right[32];
    fe_to_bytes(left, a);
    fe_to_bytes(right, b);
    return memcmp(left, right, 32) == 0;
}

static int fe_is_zero(const fe *a) { return fe_equal(a, &FE_ZERO); }

/* z^(2^252 − 3), by way of z^(2^n − 1) for n = 5, 10, 20, 40, 50, 100, 200, 250. */
static void fe_power_252(fe *out, const fe *z) {
    fe t0, t1, t2;
    fe_square(&t0, z);               /* 2 */
    fe_square_times(&t1, &t0, 2);    /* 8 */
    fe_mul(&t1, z, &t1);             /* 9 */
    fe_mul(&t0, &t0, &t1);           /* 11 */
    fe_square(&t0, &t0);             /* 22 */
    fe_mul(&t0, &t1, &t0);           /* 31 = 2^5 − 1 */
    fe_square_times(&t1, &t0, 5);
    fe_mul(&t0, &t1, &t0);           /* 2^10 − 1 */
    fe_square_times(&t1, &t0, 10);
    fe_mul(&t1, &t1, &t0);           /* 2^20 − 1 */
    fe_square_times(&t2, &t1, 20);
    fe_mul(&t1, &t2, &t1);           /* 2^40 − 1 */
    fe_square_times(&t1, &t1, 10);
    fe_mul(&t0, &t1, &t0);           /* 2^50 − 1 */
    fe_square_times(&t1, &t0, 50);
    fe_mul(&t1, &t1, &t0);           /* 2^100 − 1 */
    fe_square_times(&t2, &t1, 100);
    fe_mul(&t1, &t2, &t1);           /* 2^200 − 1 */
    fe_square_times(&t1, &t1, 50);
    fe_mul(&t0, &t1, &t0);           /* 2^250 − 1 */
    fe_square_times(&t0, &t0, 2);    /* 2^252 − 4 */
    fe_mul(out, &t0, z);             /* 2^252 − 3 */
}

/* 1/z = z^(p−2), p − 2 = 8·(2^252 − 3) + 3; of zero, zero. */
static void fe_invert(fe *out, const fe *z) {
    fe t, cube;
    fe_power_252(&t, z);
    fe_square_times(&t, &t, 3);
    fe_square(&cube, z);
    fe_mul(&cube, &cube, z);
    fe_mul(out, &t, &cube);
}

/* --- 2. Points ---------------------------------------------------------------------------------- */

typedef struct {
    fe X, Y, Z, T; /* x = X/Z, y = Y/Z, x·y = T/Z; all tight */
} point;

typedef struct {
    fe x, y; /* Z = 1; tight */
} affine;

/* What an addition needs of its second summand; all below 2^53.6. `plus` and `minus` are neighbours:
 * adding −P takes them in the other order. */
typedef struct {
    fe plus, minus, t2d, z2; /* Y + X, Y − X, 2d·T, 2Z */
} cached;

/* The same with Z = 1, as tables hold it; tight. */
typedef struct {
    fe plus, minus, t2d;
} niels;

static const point IDENTITY = {{{0}}, {{1}}, {{1}}, {{0}}};

static void point_from_affine(point *out, const affine *a) {
    out->X = a->x;
    out->Y = a->y;
    out->Z = FE_ONE;
    fe_mul(&out->T, &a->x, &a->y);
}

static void point_negate(point *out, const point *a) {
    fe_negate(&out->X, &a->X);
    out->Y = a->Y;
    out->Z = a->Z;
    fe_negate(&out->T, &a->T);
}

static void point_cache(cached *out, const point *a) {
    fe_add(&out->plus, &a->Y, &a->X);
    fe_sub(&out->minus, &a->Y, &a->X);
    fe_mul(&out->t2d, &a->T, &FE_2D);
    fe_add(&out->z2, &a->Z, &a->Z);
}

static void niels_from_affine(niels *out, const affine *a) {
    fe product;
    fe_add(&out->plus, &a->y, &a->x);
    fe_carry(&out->plus);
    fe_sub(&out->minus, &a->y, &a->x);
    fe_carry(&out->minus);
    fe_mul(&product, &a->x, &a->y);
    fe_mul(&out->t2d, &product, &FE_2D);
}

/* 2P ("dbl-2008-hwcd", a = −1): A = X², B = Y², C = 2Z², H = A + B, E = H − (X+Y)², G = A − B,
 * F = C + G. H and C are below 2^52 + 2^15, G and E below 2^53.6, F below 2^53.9: loose.
 * T may be left out when a further doubling follows, since doublings do not read it. */
static inline void point_double(point *out, const point *a, int needs_t) {
    fe A, B, C, E, F, G, H, sum;
    fe_square(&A, &a->X);
    fe_square(&B, &a->Y);
    fe_square(&C, &a->Z);
    fe_add(&C, &C, &C);
    fe_add(&H, &A, &B);
    fe_add(&sum, &a->X, &a->Y);
    fe_square(&sum, &sum);
    fe_sub(&E, &H, &sum);
    fe_sub(&G, &A, &B);
    fe_add(&F, &C, &G);
    fe_mul(&out->X, &E, &F);
    fe_mul(&out->Y, &G, &H);
    fe_mul(&out->Z, &F, &G);
    if (needs_t)
        fe_mul(&out->T, &E, &H);
}

/* The end of every addition ("add-2008-hwcd-3"), from A = (Y1−X1)(Y2∓X2), B = (Y1+X1)(Y2±X2),
 * C = ±T1·2d·T2 and D = 2·Z1·Z2: E = B − A, F = D − C, G = D + C, H = B + A. The sign of C says
 * which of F and G is which. A, B, C tight, D below 2^52 + 2^15, so all four are loose. */
static inline void finish_addition(point *out, const fe *A, const fe *B, const fe *C, const fe *D,
                                   int is_negative) {
    fe E, FG[2], H;
    fe_sub(&E, B, A);
    fe_add(&H, B, A);
    fe_sub(&FG[is_negative], D, C);
    fe_add(&FG[is_negative ^ 1], D, C);
    fe_mul(&out->X, &E, &FG[0]);
    fe_mul(&out->Y, &FG[1], &H);
    fe_mul(&out->T, &E, &H);
    fe_mul(&out->Z, &FG[0], &FG[1]);
}

/* a + b, or a − b. */
static inline void point_add_cached(point *out, const point *a, const cached *b, int is_negative) {
    fe A, B, C, D;
    fe_sub(&A, &a->Y, &a->X);
    fe_add(&B, &a->Y, &a->X);
    fe_mul(&A, &A, is_negative ? &b->plus : &b->minus);
    fe_mul(&B, &B, is_negative ? &b->minus : &b->plus);
    fe_mul(&C, &a->T, &b->t2d);
    fe_mul(&D, &a->Z, &b->z2);
    finish_addition(out, &A, &B, &C, &D, is_negative);
}

static inline void point_add_niels(point *out, const point *a, const niels *b, int is_negative) {
    fe A, B, C, D;
    fe_sub(&A, &a->Y, &a->X);
    fe_add(&B, &a->Y, &a->X);
    fe_mul(&A, &A, is_negative ? &b->plus : &b->minus);
    fe_mul(&B, &B, is_negative ? &b->minus : &b->plus);
    fe_mul(&C, &a->T, &b->t2d);
    fe_add(&D, &a->Z, &a->Z);
    finish_addition(out, &A, &B, &C, &D, is_negative);
}

static void point_add(point *out, const point *a, const point *b) {
    cached c;
    point_cache(&c, b);
    point_add_cached(out, a, &c, 0);
}

static int point_is_identity(const point *a) { /* (0, 1): X = 0 and Y = Z */
    return fe_is_zero(&a->X) && fe_equal(&a->Y, &a->Z);
}

/* --- 3. Encodings ------------------------------------------------------------------------------- */

/* Whether −x² + y² = 1 + d·x²·y². */
static int is_on_curve(const affine *a) {
    fe xx, yy, left, right;
    fe_square(&xx, &a->x);
    fe_square(&yy, &a->y);
    fe_sub(&left, &yy, &xx);
    fe_mul(&right, &xx, &yy);
    fe_mul(&right, &right, &FE_D);
    fe_add(&right, &right, &FE_ONE);
    return fe_equal(&left, &right);
}

/* Reads a point, or returns 0: y not below p, x² = (y² − 1)/(d·y² + 1) not a square, or x = 0 with
 * its sign bit set (RFC 8032, section 5.1.3, with the stricter reading that libsodium's check of
 * canonical points has). With u/v = x², x = u·v³·(u·v⁷)^((p−5)/8), times √−1 where that squares to
 * −u/v. */
static int decode(affine *out, const uint8_t *in) {
    fe yy, u, v, v3, x, check, negated;
    uint8_t canonical[32];
    int sign = in[31] >> 7;
    fe_from_bytes(&out->y, in);
    fe_to_bytes(canonical, &out->y);
    canonical[31] |= (uint8_t)(sign << 7);
    if (memcmp(canonical, in, 32) != 0)
        return 0;
    fe_square(&yy, &out->y);
    fe_sub(&u, &yy, &FE_ONE);
    fe_carry(&u);
    fe_mul(&v, &yy, &FE_D);
    fe_add(&v, &v, &FE_ONE);
    fe_square(&v3, &v);
    fe_mul(&v3, &v3, &v);
    fe_square(&x, &v3);
    fe_mul(&x, &x, &v);
    fe_mul(&x, &x, &u);
    fe_power_252(&x, &x);
    fe_mul(&x, &x, &v3);
    fe_mul(&x, &x, &u);
    fe_square(&check, &x);
    fe_mul(&check, &check, &v);
    if (!fe_equal(&check, &u)) {
        fe_negate(&negated, &u);
        if (!fe_equal(&check, &negated))
            return 0;
        fe_mul(&x, &x, &FE_ROOT);
    }
    if (fe_is_odd(&x) != sign) {
        if (fe_is_zero(&x))
            return 0;
        fe_negate(&x, &x);
    }
    out->x = x;
    return 1;
}

/* The inverses of the Z of `count` points, with one inversion: prefix products, then backwards.
 * `scratch` holds `count` elements and becomes the inverses. No Z is zero: the formulas of section
 * 2 are complete, so that Z ≠ 0 for every point of the curve. */
static void invert_all(fe *scratch, const point *points, size_t count) {
    fe all = FE_ONE, product;
    for (size_t i = 0; i < count; i++) {
        scratch[i] = all;
        fe_mul(&all, &all, &points[i].Z);
    }
    fe_invert(&all, &all);
    for (size_t i = count; i--;) {
        product = scratch[i];
        fe_mul(&scratch[i], &all, &product);
        fe_mul(&all, &all, &points[i].Z);
    }
}

static void affine_from_point(affine *out, const point *a, const fe *inverse) {
    fe_mul(&out->x, &a->X, inverse);
    fe_mul(&out->y, &a->Y, inverse);
}

static void encode(uint8_t *out, const affine *a) {
    fe_to_bytes(out, &a->y);
    out[31] |= (uint8_t)(fe_is_odd(&a->x) << 7);
}

/* --- 4. Scalars as signed digits ---------------------------------------------------------------- */

#define DIGITS 256
#define BUCKETS 8 /* odd digits 1, 3, …, 15 */

/* q, the order of the subgroup, little-endian. */
static const uint8_t ORDER[32] = {0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58,
                                  0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14,
                                  0,    0,    0,    0,    0,    0,    0,    0,
                                  0,    0,    0,    0,    0,    0,    0,    0x10};

/* Non-adjacent form of width 5: Σ digit[i]·2^i with odd digits in [−15, 15], of which any two that
 * are not zero are at least five places apart. Of a scalar up to q < 2^253 the last carry falls on
 * digit 253 at the latest. */
static void recode_odd(int8_t *digits, const uint8_t *scalar) {
    u64 words[5] = {load64(scalar), load64(scalar + 8), load64(scalar + 16), load64(scalar + 24), 0};
    int carry = 0;
    memset(digits, 0, DIGITS);
    for (int i = 0; i < 256;) {
        int word = i >> 6, shift = i & 63;
        u64 bits = words[word] >> shift;
        if (shift)
            bits |= words[word + 1] << (64 - shift);
        if ((int)(bits & 1) == carry) { /* an even digit: nothing here, the carry moves on */
            i++;
            continue;
        }
        int digit = (int)(bits & 31) + carry;
        carry = digit > 16;
        digits[i] = (int8_t)(carry ? digit - 32 : digit);
        i += 5;
    }
}

/* `windows` digits of `width` bits in [−2^(width−1) + 1, 2^(width−1)]; of a scalar below 2^253, and
 * with windows·width ≥ 254, nothing is left over. width ≤ 15. */
static void recode_windows(int16_t *digits, const uint8_t *scalar, int width, int windows) {
    int carry = 0;
    for (int w = 0; w < windows; w++) {
        int bit = w * width;
        uint32_t bits = 0;
        for (int k = 0; k < 4; k++)
            if ((bit >> 3) + k < 32)
                bits |= (uint32_t)scalar[(bit >> 3) + k] << (8 * k);
        int digit = (int)(bits >> (bit & 7) & ((1u << width) - 1)) + carry;
        carry = digit > 1 << (width - 1);
        digits[w] = (int16_t)(carry ? digit - (1 << width) : digit);
    }
}

static int is_zero_scalar(const uint8_t *s) {
    return !(load64(s) | load64(s + 8) | load64(s + 16) | load64(s + 24));
}

/* Whether a scalar is below q: what every caller owes. */
static int is_reduced(const uint8_t *s) {
    for (int i = 31; i >= 0; i--)
        if (s[i] != ORDER[i])
            return s[i] < ORDER[i];
    return 0;
}

/* --- 5. Several multiples of one point ----------------------------------------------------------- */

typedef struct {
    point sum[BUCKETS];
    uint8_t is_used[BUCKETS];
} bucket_row;

/* The digits of q, for the test of the subgroup; filled when the module is loaded. */
static int8_t ORDER_DIGITS[DIGITS];

/* Σ (2k+1)·B_k over the used buckets: with T_k = B_k + … + B_7, it is T_0 + 2·(T_1 + … + T_7). */
static void sum_buckets(point *out, const bucket_row *row) {
    point tail = IDENTITY, total = IDENTITY;
    int has_tail = 0, has_total = 0;
    for (int k = BUCKETS - 1; k >= 1; k--) {
        if (row->is_used[k]) {
            if (has_tail)
                point_add(&tail, &tail, &row->sum[k]);
            else
                tail = row->sum[k];
            has_tail = 1;
        }
        if (has_tail) {
            if (has_total)
                point_add(&total, &total, &tail);
            else
                total = tail;
            has_total = 1;
        }
    }
    if (has_total) {
        point_double(&total, &total, 1);
        point_add(&total, &total, &tail);
    }
    if (row->is_used[0]) {
        if (has_total)
            point_add(&total, &total, &row->sum[0]);
        else
            total = row->sum[0];
    }
    *out = total;
}

/* out[j] = s_j·P for `count` scalars given by their digits (Yao): the doublings 2^i·P are made once
 * and serve every scalar; each goes into the bucket of its digit. `rows` is scratch for `count`. */
static void multiply_shared(point *out, const point *base, const int8_t *const *digits,
                            size_t count, bucket_row *rows) {
    point power = *base;
    int top = 0;
    for (size_t j = 0; j < count; j++) {
        memset(rows[j].is_used, 0, BUCKETS);
        for (int i = DIGITS - 1; i > top; i--)
            if (digits[j][i]) {
                top = i;
                break;
            }
    }
    for (int i = 0; i <= top; i++) {
        cached c;
        int is_cached = 0, needs_t = 0;
        for (size_t j = 0; j < count; j++) {
            int digit = digits[j][i];
            if (!digit)
                continue;
            int is_negative = digit < 0, k = ((is_negative ? -digit : digit) - 1) / 2;
            if (!rows[j].is_used[k]) {
                rows[j].is_used[k] = 1;
                if (is_negative)
                    point_negate(&rows[j].sum[k], &power);
                else
                    rows[j].sum[k] = power;
                continue;
            }
            if (!is_cached)
                point_cache(&c, &power);
            is_cached = 1;
            point_add_cached(&rows[j].sum[k], &rows[j].sum[k], &c, is_negative);
        }
        if (i == top)
            break;
        for (size_t j = 0; j < count; j++)
            needs_t |= digits[j][i + 1];
        point_double(&power, &power, needs_t != 0);
    }
    for (size_t j = 0; j < count; j++)
        sum_buckets(&out[j], &rows[j]);
}

/* Whether q·P is the identity: exactly the points of the prime-order subgroup. */
static int is_in_subgroup(const point *a) {
    bucket_row row;
    point multiple;
    const int8_t *digits = ORDER_DIGITS;
    multiply_shared(&multiple, a, &digits, 1, &row);
    return point_is_identity(&multiple);
}

/* --- 6. Fixed bases ------------------------------------------------------------------------------ */

#define COMB_WIDTH 6
#define COMB_WINDOWS 43 /* 43·6 = 258 ≥ 254 bits */
#define COMB_ENTRIES 32 /* digits 1 … 32 */

/* entry[w][k] = (k+1)·2^(6w)·P: 165 kB, which stay in the second cache. */
typedef struct {
    niels entry[COMB_WINDOWS][COMB_ENTRIES];
} comb;

static comb GENERATOR_COMB; /* filled when the module is loaded */

static int make_comb(comb *out, const point *base) {
    size_t count = (size_t)COMB_WINDOWS * COMB_ENTRIES;
    point *all = malloc(count * sizeof *all);
    fe *inverses = malloc(count * sizeof *inverses);
    point power = *base;
    if (!all || !inverses) {
        free(all);
        free(inverses);
        return 0;
    }
    for (int w = 0; w < COMB_WINDOWS; w++) {
        point *row = all + (size_t)w * COMB_ENTRIES;
        cached step;
        point_cache(&step, &power);
        row[0] = power;
        for (int k = 1; k < COMB_ENTRIES; k++)
            point_add_cached(&row[k], &row[k - 1], &step, 0);
        point_double(&power, &row[COMB_ENTRIES - 1], 1); /* 2·32·2^(6w) = 2^(6(w+1)) */
    }
    invert_all(inverses, all, count);
    for (size_t i = 0; i < count; i++) {
        affine a;
        affine_from_point(&a, &all[i], &inverses[i]);
        niels_from_affine(&out->entry[i / COMB_ENTRIES][i % COMB_ENTRIES], &a);
    }
    free(all);
    free(inverses);
    return 1;
}

/* total += s·P. */
static void add_comb(point *total, const comb *table, const uint8_t *scalar) {
    int16_t digits[COMB_WINDOWS];
    if (is_zero_scalar(scalar))
        return;
    recode_windows(digits, scalar, COMB_WIDTH, COMB_WINDOWS);
    for (int w = 0; w < COMB_WINDOWS; w++) {
        int digit = digits[w];
        if (digit > 0)
            point_add_niels(total, total, &table->entry[w][digit - 1], 0);
        else if (digit < 0)
            point_add_niels(total, total, &table->entry[w][-digit - 1], 1);
    }
}

/* --- 7. Commitments ------------------------------------------------------------------------------ */

#define OUTSIDE 0
#define MEMBER 1
#define NEUTRAL 2 /* the identity: a member too */
#define NO_BASE UINT32_MAX

/* Further bases are products of points: for each, a count and as many numbers of points. */
typedef struct {
    const uint32_t *words;
    size_t word_count, count;
} product_list;

/* g^a·y^b·P^c, or g^a·y^b where `base` is NO_BASE. */
typedef struct {
    uint32_t base; /* a point, or `point_count` plus the number of a product */
    uint8_t a[32], b[32], c[32];
} term;

typedef struct {
    const comb *y;
    const uint8_t *points;
    product_list products;
    const term *terms;
    size_t point_count, base_count, term_count;
    uint8_t *verdicts;  /* one for each point */
    uint8_t *outputs;   /* for each term its encoding, or x and y as eighths are written */
    size_t output_size; /* 32 or 64 */
} commitment_job;

/* Scratch of one job; everything is NULL until it is allocated. */
typedef struct {
    point *bases, *results, *multiples;
    fe *inverses;
    uint32_t *starts, *order; /* the terms of base i are order[starts[i]] … order[starts[i+1] − 1] */
    int8_t (*digits)[DIGITS];
    const int8_t **rows_of_digits;
    bucket_row *rows;
} commitment_scratch;

static void free_commitment_scratch(commitment_scratch *s) {
    free(s->bases);
    free(s->results);
    free(s->multiples);
    free(s->inverses);
    free(s->starts);
    free(s->order);
    free(s->digits);
    free(s->rows_of_digits);
    free(s->rows);
}

/* Sorts the terms by their base (counting sort); returns the largest number of terms of one base. */
static size_t group_terms(const commitment_job *job, commitment_scratch *s) {
    size_t most = 0;
    for (size_t t = 0; t < job->term_count; t++)
        if (job->terms[t].base != NO_BASE)
            s->starts[job->terms[t].base + 2]++;
    for (size_t i = 0; i < job->base_count; i++) {
        if (s->starts[i + 2] > most)
            most = s->starts[i + 2];
        s->starts[i + 2] += s->starts[i + 1];
    }
    for (size_t t = 0; t < job->term_count; t++)
        if (job->terms[t].base != NO_BASE)
            s->order[s->starts[job->terms[t].base + 1]++] = (uint32_t)t;
    return most;
}

static int allocate_commitment_scratch(commitment_scratch *s, const commitment_job *job) {
    s->bases = malloc((job->base_count + 1) * sizeof *s->bases);
    s->results = malloc((job->term_count + 1) * sizeof *s->results);
    s->inverses = malloc((job->term_count + 1) * sizeof *s->inverses);
    s->starts = calloc(job->base_count + 2, sizeof *s->starts);
    s->order = malloc((job->term_count + 1) * sizeof *s->order);
    if (!s->bases || !s->results || !s->inverses || !s->starts || !s->order)
        return 0;
    size_t most = group_terms(job, s) + 1; /* and q */
    s->multiples = malloc(most * sizeof *s->multiples);
    s->digits = malloc(most * sizeof *s->digits);
    s->rows_of_digits = malloc(most * sizeof *s->rows_of_digits);
    s->rows = malloc(most * sizeof *s->rows);
    return s->multiples && s->digits && s->rows_of_digits && s->rows;
}

/* Reads the points and multiplies the products. A point that is none counts as the identity here; what
 * comes of it is never looked at, since its verdict is OUTSIDE. */
static void read_bases(const commitment_job *job, point *bases) {
    for (size_t i = 0; i < job->point_count; i++) {
        affine a;
        bases[i] = IDENTITY;
        job->verdicts[i] = (uint8_t)decode(&a, job->points + 32 * i);
        if (job->verdicts[i])
            point_from_affine(&bases[i], &a);
    }
    const uint32_t *word = job->products.words;
    for (size_t i = job->point_count; i < job->base_count; i++) {
        bases[i] = IDENTITY;
        for (uint32_t k = *word++; k; k--)
            point_add(&bases[i], &bases[i], &bases[*word++]);
    }
}

/* The multiples of one base; q rides on the same doublings, and is the exact test of the subgroup. */
static void multiply_base(const commitment_job *job, commitment_scratch *s, size_t base) {
    size_t count = 0;
    for (uint32_t k = s->starts[base]; k < s->starts[base + 1]; k++) {
        recode_odd(s->digits[count], job->terms[s->order[k]].c);
        s->rows_of_digits[count] = s->digits[count];
        count++;
    }
    int is_tested = base < job->point_count && job->verdicts[base] != OUTSIDE;
    if (is_tested)
        s->rows_of_digits[count] = ORDER_DIGITS;
    if (count + (size_t)is_tested == 0)
        return;
    multiply_shared(s->multiples, &s->bases[base], s->rows_of_digits, count + (size_t)is_tested,
                    s->rows);
    for (size_t j = 0; j < count; j++)
        s->results[s->order[s->starts[base] + j]] = s->multiples[j];
    if (is_tested) {
        if (!point_is_identity(&s->multiples[count]))
            job->verdicts[base] = OUTSIDE;
        else if (point_is_identity(&s->bases[base]))
            job->verdicts[base] = NEUTRAL;
    }
}

/* Fills verdicts and outputs. Returns 0 when there is no memory. */
static int run_commitments(const commitment_job *job) {
    commitment_scratch s;
    memset(&s, 0, sizeof s);
    if (!allocate_commitment_scratch(&s, job)) {
        free_commitment_scratch(&s);
        return 0;
    }
    read_bases(job, s.bases);
    for (size_t t = 0; t < job->term_count; t++)
        s.results[t] = IDENTITY;
    for (size_t base = 0; base < job->base_count; base++)
        multiply_base(job, &s, base);
    for (size_t t = 0; t < job->term_count; t++) {
        add_comb(&s.results[t], &GENERATOR_COMB, job->terms[t].a);
        add_comb(&s.results[t], job->y, job->terms[t].b);
    }
    invert_all(s.inverses, s.results, job->term_count);
    for (size_t t = 0; t < job->term_count; t++) {
        affine a;
        affine_from_point(&a, &s.results[t], &s.inverses[t]);
        if (job->output_size == 32) {
            encode(job->outputs + 32 * t, &a);
            continue;
        }
        fe_to_bytes(job->outputs + 64 * t, &a.x);
        fe_to_bytes(job->outputs + 64 * t + 32, &a.y);
    }
    free_commitment_scratch(&s);
    return 1;
}

/* --- 8. Sums of many multiples ------------------------------------------------------------------- */

/* The width of window that is cheapest for `count` points, as measured. */
static int window_width(size_t count) {
    static const size_t limits[] = {40, 150, 400, 900, 2200, 6000, 14000, 40000};
    int width = 4;
    for (size_t i = 0; i < sizeof limits / sizeof *limits && count >= limits[i]; i++)
        width++;
    return width;
}

/* Σ s_i·P_i (Pippenger): in each window of digits, points go into the bucket of their digit, and the
 * buckets are added up from the highest, so that bucket k counts k times. Returns 0 without memory. */
static int add_multiples(point *out, const niels *points, const uint8_t *scalars, size_t count) {
    int width = window_width(count), windows = (254 + width - 1) / width;
    size_t bucket_count = (size_t)1 << (width - 1);
    int16_t *digits = malloc((count + 1) * (size_t)windows * sizeof *digits);
    point *buckets = malloc(bucket_count * sizeof *buckets);
    uint8_t *is_used = malloc(bucket_count);
    int is_enough = digits && buckets && is_used;
    point total = IDENTITY;
    for (size_t i = 0; is_enough && i < count; i++)
        recode_windows(digits + i * (size_t)windows, scalars + 32 * i, width, windows);
    for (int w = windows - 1; is_enough && w >= 0; w--) {
        point running = IDENTITY;
        for (int k = 0; k < width; k++)
            point_double(&total, &total, 1);
        memset(is_used, 0, bucket_count);
        for (size_t i = 0; i < count; i++) {
            int digit = digits[i * (size_t)windows + (size_t)w];
            if (!digit)
                continue;
            size_t k = (size_t)(digit < 0 ? -digit : digit) - 1;
            if (!is_used[k])
                buckets[k] = IDENTITY;
            is_used[k] = 1;
            point_add_niels(&buckets[k], &buckets[k], &points[i], digit < 0);
        }
        int has_running = 0;
        for (size_t k = bucket_count; k--;) {
            if (is_used[k])
                point_add(&running, &running, &buckets[k]);
            has_running |= is_used[k];
            if (has_running)
                point_add(&total, &total, &running);
        }
    }
    free(digits);
    free(buckets);
    free(is_used);
    *out = total;
    return is_enough;
}

/* --- 9. Points given as an eighth ---------------------------------------------------------------- */

/* What a handle of points holds: `count` of them. */
typedef struct {
    size_t count;
    niels points[];
} point_list;

static point_list *allocate_points(size_t count) {
    point_list *list = malloc(sizeof *list + count * sizeof *list->points);
    if (list)
        list->count = count;
    return list;
}

/* From Q, affine (x and y, canonical, 64 bytes), to 8Q and its encoding. Multiplying the curve's
 * group by 8 gives exactly the prime-order subgroup, so nothing else has to be tested: there is no
 * Q for a point outside. A false Q gives another point, whose encoding is not the one in the record.
 * Returns 1; 0 where a Q is not on the curve or not canonical; −1 without memory. */
static int take_eighths(point_list *out, uint8_t *encodings, const uint8_t *eighths) {
    size_t count = out->count;
    point *all = calloc(count + 1, sizeof *all);
    fe *inverses = malloc((count + 1) * sizeof *inverses);
    int outcome = 1;
    if (!all || !inverses) {
        free(all);
        free(inverses);
        return -1;
    }
    for (size_t i = 0; i < count; i++) {
        const uint8_t *in = eighths + 64 * i;
        uint8_t canonical[64];
        affine a;
        fe_from_bytes(&a.x, in);
        fe_from_bytes(&a.y, in + 32);
        fe_to_bytes(canonical, &a.x);
        fe_to_bytes(canonical + 32, &a.y);
        if (memcmp(canonical, in, 64) != 0 || !is_on_curve(&a)) {
            outcome = 0;
            break;
        }
        point_from_affine(&all[i], &a);
        for (int k = 0; k < 3; k++)
            point_double(&all[i], &all[i], 0);
    }
    if (outcome == 1)
        invert_all(inverses, all, count);
    for (size_t i = 0; outcome == 1 && i < count; i++) {
        affine a;
        affine_from_point(&a, &all[i], &inverses[i]);
        niels_from_affine(&out->points[i], &a);
        encode(encodings + 32 * i, &a);
    }
    free(all);
    free(inverses);
    return outcome;
}

/* --- 10. Many points at once --------------------------------------------------------------------- */

/* Tests `count` points for torsion together: `passes` times, each point goes into a random one of
 * 2^bits buckets (`choices`: two bytes for each point and pass, drawn after the points are known),
 * and for each of the `bits` bits of a bucket's number, the sum over the buckets that have it is
 * tested exactly. Any set of points of which one is outside survives one such test with a
 * probability of at most 1/2, independently: 2^−(bits·passes) in all.
 * Returns 1 for no torsion, 0 for torsion, −1 without memory. */
static int test_torsion(const point_list *list, int bits, int passes, const uint8_t *choices) {
    size_t bucket_count = (size_t)1 << bits;
    point *buckets = malloc(bucket_count * sizeof *buckets);
    int outcome = buckets ? 1 : -1;
    for (int p = 0; outcome == 1 && p < passes; p++) {
        for (size_t k = 0; k < bucket_count; k++)
            buckets[k] = IDENTITY;
        for (size_t i = 0; i < list->count; i++) {
            const uint8_t *choice = choices + 2 * ((size_t)p * list->count + i);
            size_t k = (size_t)(choice[0] | choice[1] << 8) & (bucket_count - 1);
            point_add_niels(&buckets[k], &buckets[k], &list->points[i], 0);
        }
        /* From the highest bit down: the upper half is summed, then folded into the lower. */
        for (size_t half = bucket_count / 2; outcome == 1 && half >= 1; half /= 2) {
            point sum = IDENTITY;
            for (size_t k = half; k < 2 * half; k++) {
                point_add(&sum, &sum, &buckets[k]);
                point_add(&buckets[k - half], &buckets[k - half], &buckets[k]);
            }
            outcome = is_in_subgroup(&sum);
        }
    }
    free(buckets);
    return outcome;
}

/* The product of each column of a table of points with `width` columns, row after row. Nothing is
 * tested but that the points are on the curve. Returns 1; 0 where one is not; −1 without memory. */
static int multiply_columns(uint8_t *out, const uint8_t *points, size_t rows, size_t width) {
    point *totals = calloc(width, sizeof *totals);
    fe *inverses = malloc(width * sizeof *inverses);
    int outcome = totals && inverses ? 1 : -1;
    for (size_t k = 0; outcome == 1 && k < width; k++)
        totals[k] = IDENTITY;
    for (size_t i = 0; outcome == 1 && i < rows * width; i++) {
        affine a;
        niels n;
        outcome = decode(&a, points + 32 * i);
        if (!outcome)
            break;
        niels_from_affine(&n, &a);
        point_add_niels(&totals[i % width], &totals[i % width], &n, 0);
    }
    if (outcome == 1)
        invert_all(inverses, totals, width);
    for (size_t k = 0; outcome == 1 && k < width; k++) {
        affine a;
        affine_from_point(&a, &totals[k], &inverses[k]);
        encode(out + 32 * k, &a);
    }
    free(totals);
    free(inverses);
    return outcome;
}

/* Eight times the first point of the curve whose encoding is at least `start`, counting upwards
 * ("generator(i)", PROTOCOL 1.1). One integer in two is an encoding, so it ends soon. */
static void find_generator(point *out, const uint8_t *start) {
    uint8_t bytes[32];
    affine a;
    memcpy(bytes, start, 32);
    while (!decode(&a, bytes))
        for (int i = 0; i < 32 && !++bytes[i]; i++)
            ;
    point_from_affine(out, &a);
    point_double(out, out, 0);
    point_double(out, out, 0);
    point_double(out, out, 1);
}

/* --- 11. The module ------------------------------------------------------------------------------ */

#define TABLE_CAPSULE "evote.group._native.tables"
#define POINT_CAPSULE "evote.group._native.points"
#define COUNT_LIMIT ((Py_ssize_t)1 << 26) /* points, terms or ranges in one call */

static void free_tables(PyObject *capsule) {
    free(PyCapsule_GetPointer(capsule, TABLE_CAPSULE));
}

static void free_points(PyObject *capsule) {
    free(PyCapsule_GetPointer(capsule, POINT_CAPSULE));
}

/* How many items of `size` bytes a bytes object holds; −1 with an exception. */
static Py_ssize_t items_of(PyObject *object, Py_ssize_t size, const char *name, char **data) {
    Py_ssize_t length;
    if (PyBytes_AsStringAndSize(object, data, &length) < 0)
        return -1;
    if (length % size || length / size > COUNT_LIMIT) {
        PyErr_Format(PyExc_ValueError, "%s: %zd bytes are not items of %zd bytes, or too many",
                     name, length, size);
        return -1;
    }
    return length / size;
}

static PyObject *new_points(point_list *list) {
    PyObject *capsule = PyCapsule_New(list, POINT_CAPSULE, free_points);
    if (!capsule)
        free(list);
    return capsule;
}

static PyObject *native_tables(PyObject *self, PyObject *argument) {
    char *bytes;
    affine a;
    point base;
    (void)self;
    Py_ssize_t count = items_of(argument, 32, "key", &bytes);
    if (count < 0)
        return NULL;
    if (count != 1 || !decode(&a, (uint8_t *)bytes)) {
        PyErr_SetString(PyExc_ValueError, "key: not the canonical encoding of one point");
        return NULL;
    }
    point_from_affine(&base, &a);
    if (!is_in_subgroup(&base)) {
        PyErr_SetString(PyExc_ValueError, "key: outside the prime-order subgroup");
        return NULL;
    }
    comb *table = malloc(sizeof *table);
    if (!table || !make_comb(table, &base)) {
        free(table);
        return PyErr_NoMemory();
    }
    PyObject *capsule = PyCapsule_New(table, TABLE_CAPSULE, free_tables);
    if (!capsule)
        free(table);
    return capsule;
}

/* Looks at every number of a job before anything is computed. */
static int is_sound(commitment_job *job) {
    const product_list *products = &job->products;
    for (size_t i = 0; i < products->word_count; job->products.count++) {
        size_t end = i + 1 + products->words[i];
        for (i++; i < end; i++)
            if (end > products->word_count || products->words[i] >= job->point_count) {
                PyErr_SetString(PyExc_ValueError, "products: beyond the points");
                return 0;
            }
    }
    job->base_count = job->point_count + products->count;
    for (size_t t = 0; t < job->term_count; t++) {
        const term *one = &job->terms[t];
        if (one->base != NO_BASE && one->base >= job->base_count) {
            PyErr_SetString(PyExc_ValueError, "terms: a base that there is not");
            return 0;
        }
        if (!is_reduced(one->a) || !is_reduced(one->b) || !is_reduced(one->c)) {
            PyErr_SetString(PyExc_ValueError, "terms: a scalar that is not below the order");
            return 0;
        }
    }
    return 1;
}

static PyObject *commitments_as(PyObject *arguments, Py_ssize_t output_size) {
    PyObject *capsule, *points, *products, *terms, *verdicts, *outputs, *answer = NULL;
    char *point_bytes, *product_bytes, *term_bytes;
    commitment_job job;
    memset(&job, 0, sizeof job);
    if (!PyArg_ParseTuple(arguments, "OSSS", &capsule, &points, &products, &terms))
        return NULL;
    job.y = PyCapsule_GetPointer(capsule, TABLE_CAPSULE);
    if (!job.y)
        return NULL;
    Py_ssize_t point_count = items_of(points, 32, "points", &point_bytes);
    Py_ssize_t word_count = items_of(products, sizeof(uint32_t), "products", &product_bytes);
    Py_ssize_t term_count = items_of(terms, sizeof(term), "terms", &term_bytes);
    if (point_count < 0 || word_count < 0 || term_count < 0)
        return NULL;
    /* The content of a bytes object is aligned for words of 32 bits: it follows its header. */
    job.points = (uint8_t *)point_bytes;
    job.products.words = (uint32_t *)(void *)product_bytes;
    job.terms = (term *)(void *)term_bytes;
    job.point_count = (size_t)point_count;
    job.products.word_count = (size_t)word_count;
    job.term_count = (size_t)term_count;
    job.output_size = (size_t)output_size;
    if (!is_sound(&job))
        return NULL;
    verdicts = PyBytes_FromStringAndSize(NULL, point_count);
    outputs = PyBytes_FromStringAndSize(NULL, output_size * term_count);
    if (verdicts && outputs) {
        int is_enough;
        job.verdicts = (uint8_t *)PyBytes_AsString(verdicts);
        job.outputs = (uint8_t *)PyBytes_AsString(outputs);
        Py_BEGIN_ALLOW_THREADS;
        is_enough = run_commitments(&job);
        Py_END_ALLOW_THREADS;
        answer = is_enough ? PyTuple_Pack(2, verdicts, outputs) : PyErr_NoMemory();
    }
    Py_XDECREF(verdicts);
    Py_XDECREF(outputs);
    return answer;
}

static PyObject *native_commitments(PyObject *self, PyObject *arguments) {
    (void)self;
    return commitments_as(arguments, 32);
}

static PyObject *native_coordinates(PyObject *self, PyObject *arguments) {
    (void)self;
    return commitments_as(arguments, 64);
}

static PyObject *native_in_group(PyObject *self, PyObject *points) {
    char *bytes;
    (void)self;
    Py_ssize_t count = items_of(points, 32, "points", &bytes);
    PyObject *verdicts = count < 0 ? NULL : PyBytes_FromStringAndSize(NULL, count);
    if (!verdicts)
        return NULL;
    char *out = PyBytes_AsString(verdicts);
    Py_BEGIN_ALLOW_THREADS;
    for (Py_ssize_t i = 0; i < count; i++) {
        affine a;
        point p;
        out[i] = OUTSIDE;
        if (!decode(&a, (uint8_t *)bytes + 32 * i))
            continue;
        point_from_affine(&p, &a);
        if (is_in_subgroup(&p))
            out[i] = point_is_identity(&p) ? NEUTRAL : MEMBER;
    }
    Py_END_ALLOW_THREADS;
    return verdicts;
}

static PyObject *native_eightfold(PyObject *self, PyObject *eighths) {
    char *bytes;
    int outcome;
    (void)self;
    Py_ssize_t count = items_of(eighths, 64, "eighths", &bytes);
    if (count < 0)
        return NULL;
    point_list *list = allocate_points((size_t)count);
    PyObject *encodings = list ? PyBytes_FromStringAndSize(NULL, 32 * count) : PyErr_NoMemory();
    if (!encodings) {
        free(list);
        return NULL;
    }
    uint8_t *out = (uint8_t *)PyBytes_AsString(encodings);
    Py_BEGIN_ALLOW_THREADS;
    outcome = take_eighths(list, out, (uint8_t *)bytes);
    Py_END_ALLOW_THREADS;
    PyObject *handle = NULL, *answer = NULL;
    if (outcome == 1) {
        handle = new_points(list);
        answer = handle ? PyTuple_Pack(2, handle, encodings) : NULL;
    } else {
        free(list);
        if (outcome < 0)
            PyErr_NoMemory();
        else
            PyErr_SetString(PyExc_ValueError, "eighths: not a canonical point of the curve");
    }
    Py_XDECREF(handle);
    Py_DECREF(encodings);
    return answer;
}

static PyObject *native_points(PyObject *self, PyObject *encodings) {
    char *bytes;
    int is_decoded = 1;
    (void)self;
    Py_ssize_t count = items_of(encodings, 32, "points", &bytes);
    if (count < 0)
        return NULL;
    point_list *list = allocate_points((size_t)count);
    if (!list)
        return PyErr_NoMemory();
    Py_BEGIN_ALLOW_THREADS;
    for (Py_ssize_t i = 0; is_decoded && i < count; i++) {
        affine a;
        is_decoded = decode(&a, (uint8_t *)bytes + 32 * i);
        if (is_decoded)
            niels_from_affine(&list->points[i], &a);
    }
    Py_END_ALLOW_THREADS;
    if (is_decoded)
        return new_points(list);
    free(list);
    PyErr_SetString(PyExc_ValueError, "points: not the canonical encoding of a point");
    return NULL;
}

static PyObject *native_products(PyObject *self, PyObject *arguments) {
    PyObject *points;
    char *bytes;
    Py_ssize_t width;
    int outcome;
    (void)self;
    if (!PyArg_ParseTuple(arguments, "Sn", &points, &width))
        return NULL;
    Py_ssize_t count = items_of(points, 32, "points", &bytes);
    if (count < 0)
        return NULL;
    if (width < 1 || width > COUNT_LIMIT || count % width) {
        PyErr_SetString(PyExc_ValueError, "points: not whole rows");
        return NULL;
    }
    PyObject *encodings = PyBytes_FromStringAndSize(NULL, 32 * width);
    if (!encodings)
        return NULL;
    uint8_t *out = (uint8_t *)PyBytes_AsString(encodings);
    Py_BEGIN_ALLOW_THREADS;
    outcome = multiply_columns(out, (uint8_t *)bytes, (size_t)(count / width), (size_t)width);
    Py_END_ALLOW_THREADS;
    if (outcome == 1)
        return encodings;
    Py_DECREF(encodings);
    if (outcome < 0)
        return PyErr_NoMemory();
    PyErr_SetString(PyExc_ValueError, "points: not the canonical encoding of a point");
    return NULL;
}

/* The product of powers that the arguments (handle, scalars) ask for; 0 with an exception. */
static int product_of_powers(point *total, PyObject *arguments) {
    PyObject *capsule, *scalars;
    char *bytes;
    int is_enough;
    if (!PyArg_ParseTuple(arguments, "OS", &capsule, &scalars))
        return 0;
    const point_list *list = PyCapsule_GetPointer(capsule, POINT_CAPSULE);
    Py_ssize_t count = list ? items_of(scalars, 32, "scalars", &bytes) : -1;
    if (count < 0)
        return 0;
    if ((size_t)count != list->count) {
        PyErr_SetString(PyExc_ValueError, "scalars: not as many as points");
        return 0;
    }
    for (Py_ssize_t i = 0; i < count; i++)
        if (!is_reduced((uint8_t *)bytes + 32 * i)) {
            PyErr_SetString(PyExc_ValueError, "scalars: one is not below the order");
            return 0;
        }
    Py_BEGIN_ALLOW_THREADS;
    is_enough = add_multiples(total, list->points, (uint8_t *)bytes, list->count);
    Py_END_ALLOW_THREADS;
    if (!is_enough)
        PyErr_NoMemory();
    return is_enough;
}

static PyObject *native_vanishes(PyObject *self, PyObject *arguments) {
    point total;
    (void)self;
    return product_of_powers(&total, arguments) ? PyBool_FromLong(point_is_identity(&total)) : NULL;
}

static PyObject *native_power_product(PyObject *self, PyObject *arguments) {
    point total;
    fe inverse;
    affine a;
    uint8_t encoding[32];
    (void)self;
    if (!product_of_powers(&total, arguments))
        return NULL;
    invert_all(&inverse, &total, 1);
    affine_from_point(&a, &total, &inverse);
    encode(encoding, &a);
    return PyBytes_FromStringAndSize((char *)encoding, 32);
}

static PyObject *native_torsion_free(PyObject *self, PyObject *arguments) {
    PyObject *capsule, *choices;
    char *bytes;
    int bits, passes, outcome;
    (void)self;
    if (!PyArg_ParseTuple(arguments, "OiS", &capsule, &bits, &choices))
        return NULL;
    const point_list *list = PyCapsule_GetPointer(capsule, POINT_CAPSULE);
    if (!list)
        return NULL;
    Py_ssize_t row = 2 * (Py_ssize_t)list->count;
    Py_ssize_t count = row ? items_of(choices, row, "choices", &bytes) : 0;
    if (count < 0)
        return NULL;
    if (bits < 1 || bits > 14 || (row && count < 1) || count > 128) {
        PyErr_SetString(PyExc_ValueError, "choices: from 1 to 14 bits, from 1 to 128 passes");
        return NULL;
    }
    passes = (int)count;
    Py_BEGIN_ALLOW_THREADS;
    outcome = row ? test_torsion(list, bits, passes, (uint8_t *)bytes) : 1;
    Py_END_ALLOW_THREADS;
    return outcome < 0 ? PyErr_NoMemory() : PyBool_FromLong(outcome);
}

static PyObject *native_generators(PyObject *self, PyObject *starts) {
    char *bytes;
    (void)self;
    Py_ssize_t count = items_of(starts, 32, "starts", &bytes);
    PyObject *encodings = count < 0 ? NULL : PyBytes_FromStringAndSize(NULL, 32 * count);
    point *all = encodings ? calloc((size_t)count + 1, sizeof *all) : NULL;
    fe *inverses = all ? malloc(((size_t)count + 1) * sizeof *inverses) : NULL;
    if (!inverses) {
        free(all);
        if (encodings)
            PyErr_NoMemory();
        Py_XDECREF(encodings);
        return NULL;
    }
    uint8_t *out = (uint8_t *)PyBytes_AsString(encodings);
    Py_BEGIN_ALLOW_THREADS;
    for (Py_ssize_t i = 0; i < count; i++)
        find_generator(&all[i], (uint8_t *)bytes + 32 * i);
    invert_all(inverses, all, (size_t)count);
    for (Py_ssize_t i = 0; i < count; i++) {
        affine a;
        affine_from_point(&a, &all[i], &inverses[i]);
        encode(out + 32 * i, &a);
    }
    Py_END_ALLOW_THREADS;
    free(all);
    free(inverses);
    return encodings;
}

static PyMethodDef METHODS[] = {
    {"tables", native_tables, METH_O,
     "tables(y) -> handle: what makes powers of y cheap. ValueError: y is no member of the group."},
    {"commitments", native_commitments, METH_VARARGS,
     "commitments(tables, points, products, terms) -> (verdicts, outputs).\n\n"
     "points: 32 bytes each. products: words of 32 bits; for each a count and the numbers of as\n"
     "many points: further bases. terms: the number of a base, points first, or 2^32 - 1 for none;\n"
     "then a, b, c, 32 bytes each: g^a·y^b·P^c. verdicts: for each point 0 (no member of the\n"
     "group), 1, or 2 (the identity). outputs: 32 bytes for each term; where its base rests on a\n"
     "point that is no member, they mean nothing."},
    {"coordinates", native_coordinates, METH_VARARGS,
     "coordinates(tables, points, products, terms) -> (verdicts, outputs), as commitments, but\n"
     "each output is x and y, 64 bytes, as eightfold takes them."},
    {"in_group", native_in_group, METH_O, "in_group(points) -> verdicts, exact, as above."},
    {"eightfold", native_eightfold, METH_O,
     "eightfold(eighths) -> (handle, encodings) of 8·Q for each Q, 64 bytes: x, y.\n\n"
     "ValueError: a Q that is not a canonical point of the curve."},
    {"points", native_points, METH_O,
     "points(encodings) -> handle. They are on the curve; torsion_free says more. ValueError: not."},
    {"products", native_products, METH_VARARGS,
     "products(points, width) -> encodings: the product of each column of rows of points.\n\n"
     "The points are members already. ValueError: one is not even on the curve."},
    {"vanishes", native_vanishes, METH_VARARGS,
     "vanishes(handle, scalars) -> bool: whether the product of P^s is the identity."},
    {"power_product", native_power_product, METH_VARARGS,
     "power_product(handle, scalars) -> encoding of the product of P^s."},
    {"torsion_free", native_torsion_free, METH_VARARGS,
     "torsion_free(handle, bits, choices) -> bool: whether all are in the prime-order subgroup.\n\n"
     "choices: two random bytes for each point in each pass, drawn after the points are known;\n"
     "a False is certain, a True is wrong with a probability of 2^-(bits·passes)."},
    {"generators", native_generators, METH_O,
     "generators(starts) -> encodings: 8 times the first point from each little-endian integer."},
    {NULL, NULL, 0, NULL},
};

static int start(PyObject *module) {
    static int is_ready; /* a second interpreter must not write what the first may be reading */
    affine base = {FE_GX, FE_GY};
    point generator;
    (void)module;
    if (is_ready)
        return 0;
    recode_odd(ORDER_DIGITS, ORDER);
    point_from_affine(&generator, &base);
    if (!make_comb(&GENERATOR_COMB, &generator)) {
        PyErr_NoMemory();
        return -1;
    }
    is_ready = 1;
    return 0;
}

static PyModuleDef_Slot SLOTS[] = {{Py_mod_exec, start}, {0, NULL}};

static struct PyModuleDef MODULE = {
    PyModuleDef_HEAD_INIT, "_native",
    "Fast arithmetic on public points of Ed25519. Never give it a secret.", 0, METHODS, SLOTS,
    NULL, NULL, NULL,
};

PyMODINIT_FUNC PyInit__native(void) { return PyModuleDef_Init(&MODULE); }
