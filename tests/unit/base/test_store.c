/* The containers: memory, arena, buf, map; and the hash behind them. */
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/base/arena.h"
#include "core/base/buf.h"
#include "core/base/hash.h"
#include "core/base/map.h"
#include "core/base/memory.h"
#include "tests/unit/cmocka_all.h"

static void test_memory__sizes_that_overflow(void **state)
{
    (void)state;
    assert_null(fl_alloc_zero(SIZE_MAX / 2, 3));
    assert_null(fl_realloc(NULL, SIZE_MAX / 2, 3));
    assert_null(fl_alloc_aligned(3, 64)); /* no power of two */
    void *block = fl_realloc(NULL, 0, 8);
    assert_non_null(block); /* nothing is a block too, so that NULL means out of memory only */
    fl_free(block);
    block = fl_alloc_aligned(64, 1);
    assert_int_equal((uintptr_t)block % 64, 0);
    fl_free(block);
}

static void test_memory__grow_doubles_and_keeps(void **state)
{
    uint32_t *items = NULL, capacity = 0;
    (void)state;
    assert_true(fl_grow((void **)&items, &capacity, 1, sizeof *items));
    assert_int_equal(capacity, 8);
    items[7] = 77;
    assert_true(fl_grow((void **)&items, &capacity, 8, sizeof *items));
    assert_int_equal(capacity, 8);
    assert_true(fl_grow((void **)&items, &capacity, 9, sizeof *items));
    assert_int_equal(capacity, 16);
    assert_int_equal(items[7], 77);
    uint32_t *before = items;
    assert_false(fl_grow((void **)&items, &capacity, UINT32_MAX, SIZE_MAX / 4));
    assert_ptr_equal(items, before); /* what was there stays */
    assert_int_equal(capacity, 16);
    fl_free(items);
}

static void test_arena__blocks_are_aligned_zero_and_apart(void **state)
{
    struct fl_arena arena;
    unsigned char *last = NULL;
    (void)state;
    mallopt(M_PERTURB, 0x55); /* what malloc gives is not zero */
    fl_arena_init(&arena);
    for (size_t size = 0; size < 3000; size += 7) {
        unsigned char *p = fl_arena_alloc(&arena, size);
        assert_non_null(p);
        assert_int_equal((uintptr_t)p % 16, 0);
        for (size_t i = 0; i < size; i++)
            assert_int_equal(p[i], 0);
        memset(p, 0xff, size);
        assert_ptr_not_equal(p, last);
        last = p;
    }
    unsigned char *big = fl_arena_alloc(&arena, 3u << 20); /* larger than any block */
    assert_non_null(big);
    assert_int_equal(big[(3u << 20) - 1], 0);
    assert_true(arena.held_bytes >= 3u << 20);
    fl_arena_dispose(&arena);
    assert_int_equal(arena.held_bytes, 0);
    mallopt(M_PERTURB, 0);
}

static void test_arena__sizes_near_the_end_of_size_t(void **state)
{
    struct fl_arena arena;
    (void)state;
    fl_arena_init(&arena);
    for (size_t less = 0; less < 80; less++)
        assert_null(fl_arena_alloc(&arena, SIZE_MAX - less));
    assert_null(fl_arena_strndup(&arena, "x", SIZE_MAX));
    assert_non_null(fl_arena_alloc(&arena, 1)); /* and it still works */
    fl_arena_dispose(&arena);
}

static void test_arena__texts(void **state)
{
    struct fl_arena arena;
    char wide[5000];
    (void)state;
    fl_arena_init(&arena);
    assert_string_equal(fl_arena_strdup(&arena, ""), "");
    char *copy = fl_arena_strndup(&arena, "a\0b", 3);
    assert_memory_equal(copy, "a\0b\0", 4);
    assert_string_equal(fl_arena_strndup(&arena, NULL, 0), "");
    memset(wide, 'w', sizeof wide - 1);
    wide[sizeof wide - 1] = '\0';
    char *made = fl_arena_printf(&arena, "%s-%d", wide, -7);
    assert_int_equal(strlen(made), sizeof wide - 1 + 3);
    assert_string_equal(made + sizeof wide - 1, "--7");
    fl_arena_dispose(&arena);
}

/* A text is tried where it may not fit: it must be whole, and what follows must still be zero. */
static void test_arena__texts_of_any_length_between_others(void **state)
{
    struct fl_arena arena;
    char wide[1200];
    (void)state;
    mallopt(M_PERTURB, 0x55);
    fl_arena_init(&arena);
    memset(wide, 'w', sizeof wide);
    for (int len = 0; len < (int)sizeof wide; len += 1 + len % 5) {
        const char *text = fl_arena_printf(&arena, "%.*s", len, wide);
        const unsigned char *zero = fl_arena_alloc(&arena, (size_t)len % 97);
        assert_int_equal(strlen(text), len);
        assert_int_equal(strspn(text, "w"), len);
        for (int i = 0; i < len % 97; i++)
            assert_int_equal(zero[i], 0);
    }
    fl_arena_dispose(&arena);
    mallopt(M_PERTURB, 0);
}

static void test_buf__numbers(void **state)
{
    struct fl_buf buf;
    (void)state;
    fl_buf_init(&buf);
    fl_buf_add_u64(&buf, 0);
    fl_buf_add_char(&buf, ' ');
    fl_buf_add_u64(&buf, UINT64_MAX);
    fl_buf_add_char(&buf, ' ');
    fl_buf_add_i64(&buf, INT64_MIN);
    fl_buf_add_char(&buf, ' ');
    fl_buf_add_i64(&buf, INT64_MAX);
    fl_buf_add_char(&buf, ' ');
    fl_buf_add_i64(&buf, -1);
    assert_string_equal(buf.data, "0 18446744073709551615 -9223372036854775808 9223372036854775807 -1");
    assert_int_equal(buf.len, strlen(buf.data));
    fl_buf_dispose(&buf);
}

static void test_buf__always_ends_with_nul(void **state)
{
    struct fl_buf buf;
    (void)state;
    fl_buf_init(&buf);
    fl_buf_add(&buf, NULL, 0);
    assert_string_equal(buf.data, "");
    for (unsigned i = 0; i < 500; i++) { /* every fill of every capacity on the way */
        fl_buf_add(&buf, "\0x", 2);
        assert_int_equal(buf.len, 2 * (i + 1));
        assert_true(buf.capacity > buf.len);
        assert_int_equal(buf.data[buf.len], '\0');
    }
    size_t capacity = buf.capacity;
    fl_buf_clear(&buf);
    assert_string_equal(buf.data, "");
    assert_int_equal(buf.capacity, capacity);
    for (unsigned i = 0; i < 64; i++)
        fl_buf_add_format(&buf, "%u,", i % 10);
    assert_int_equal(buf.len, 128);
    assert_memory_equal(buf.data + 120, "0,1,2,3,", 8);
    fl_buf_dispose(&buf);
}

static void test_buf__a_failed_growth_sticks(void **state)
{
    struct fl_buf buf;
    (void)state;
    fl_buf_init(&buf);
    fl_buf_add_text(&buf, "kept");
    assert_false(fl_buf_reserve(&buf, SIZE_MAX));
    assert_true(buf.failed);
    fl_buf_add_text(&buf, "lost");
    fl_buf_add_u64(&buf, 1);
    fl_buf_add_format(&buf, "%d", 1);
    assert_string_equal(buf.data, "kept");
    fl_buf_dispose(&buf);
    for (size_t less = 0; less < 6; less++) {
        fl_buf_init(&buf);
        assert_false(fl_buf_reserve(&buf, SIZE_MAX - less));
        fl_buf_dispose(&buf);
    }
}

static void test_map__ids_are_dense_and_stay(void **state)
{
    struct fl_map map;
    char key[16];
    (void)state;
    fl_map_init(&map);
    assert_int_equal(fl_map_find(&map, FL_STR("x")), FL_MAP_NONE);
    for (uint32_t i = 0; i < 20000; i++) {
        int len = snprintf(key, sizeof key, "k%u", i);
        assert_int_equal(fl_map_intern(&map, (struct fl_str){key, (size_t)len}), i);
    }
    const char *view = map.keys[0].ptr;
    for (uint32_t i = 0; i < 20000; i++) {
        int len = snprintf(key, sizeof key, "k%u", i);
        assert_int_equal(fl_map_find(&map, (struct fl_str){key, (size_t)len}), i);
        assert_int_equal(fl_map_intern(&map, (struct fl_str){key, (size_t)len}), i);
    }
    assert_int_equal(map.count, 20000);
    assert_int_equal(fl_map_find(&map, FL_STR("k20000")), FL_MAP_NONE);
    assert_string_equal(view, "k0");
    fl_map_dispose(&map);
}

static void test_map__keys_are_bytes(void **state)
{
    struct fl_map map;
    (void)state;
    fl_map_init(&map);
    assert_int_equal(fl_map_intern(&map, (struct fl_str){NULL, 0}), 0);
    assert_int_equal(fl_map_intern(&map, (struct fl_str){"\0", 1}), 1);
    assert_int_equal(fl_map_intern(&map, (struct fl_str){"\0\0", 2}), 2);
    assert_int_equal(fl_map_intern(&map, (struct fl_str){"\xff", 1}), 3);
    assert_int_equal(fl_map_intern(&map, FL_STR("")), 0);
    assert_int_equal(map.keys[2].len, 2);
    fl_map_dispose(&map);
}

/* Test vectors of FIPS 180-4: the empty text and "abc". */
static void test_hash__sha256_vectors(void **state)
{
    static const uint8_t empty[32] = {0xe3, 0xb0, 0xc4, 0x42, 0x98, 0xfc, 0x1c, 0x14, 0x9a, 0xfb, 0xf4,
                                      0xc8, 0x99, 0x6f, 0xb9, 0x24, 0x27, 0xae, 0x41, 0xe4, 0x64, 0x9b,
                                      0x93, 0x4c, 0xa4, 0x95, 0x99, 0x1b, 0x78, 0x52, 0xb8, 0x55};
    static const uint8_t abc[32] = {0xba, 0x78, 0x16, 0xbf, 0x8f, 0x01, 0xcf, 0xea, 0x41, 0x41, 0x40,
                                    0xde, 0x5d, 0xae, 0x22, 0x23, 0xb0, 0x03, 0x61, 0xa3, 0x96, 0x17,
                                    0x7a, 0x9c, 0xb4, 0x10, 0xff, 0x61, 0xf2, 0x00, 0x15, 0xad};
    uint8_t digest[32];
    (void)state;
    struct fl_sha256 *sha = fl_sha256_new();
    fl_sha256_finish(sha, digest);
    assert_memory_equal(digest, empty, 32);
    sha = fl_sha256_new();
    fl_sha256_add(sha, "a", 1);
    fl_sha256_add(sha, NULL, 0);
    fl_sha256_add(sha, "bc", 2);
    fl_sha256_finish(sha, digest);
    assert_memory_equal(digest, abc, 32);
    assert_true(fl_hash64("x", 1, 1) != fl_hash64("x", 1, 2));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_memory__sizes_that_overflow),
        cmocka_unit_test(test_memory__grow_doubles_and_keeps),
        cmocka_unit_test(test_arena__blocks_are_aligned_zero_and_apart),
        cmocka_unit_test(test_arena__sizes_near_the_end_of_size_t),
        cmocka_unit_test(test_arena__texts),
        cmocka_unit_test(test_arena__texts_of_any_length_between_others),
        cmocka_unit_test(test_buf__numbers),
        cmocka_unit_test(test_buf__always_ends_with_nul),
        cmocka_unit_test(test_buf__a_failed_growth_sticks),
        cmocka_unit_test(test_map__ids_are_dense_and_stay),
        cmocka_unit_test(test_map__keys_are_bytes),
        cmocka_unit_test(test_hash__sha256_vectors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
