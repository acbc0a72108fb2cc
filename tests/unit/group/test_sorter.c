/* Things in order, whether they lie in memory or in runs. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "core/group/block.h"
#include "core/group/sorter.h"
#include "tests/unit/cmocka_all.h"

#define ITEMS 20000u

/* The i-th: keys with zeros in them, of which many are equal, in no order. */
static struct fl_sorted item_of(uint32_t i, char key[8], char bytes[16])
{
    uint32_t mixed = i * 7919u % ITEMS;
    memset(key, 0, 8);
    snprintf(key + 1, 7, "%u", mixed % 97);
    int n = snprintf(bytes, 16, "%c%u", 0, mixed);
    return (struct fl_sorted){{key, 6}, mixed / 97, {bytes, (size_t)n}};
}

static struct fl_sorter *filled(uint64_t budget_bytes)
{
    struct fl_sorter *s;
    assert_int_equal(fl_sorter_new(budget_bytes, 1, &s), FL_OK);
    for (uint32_t i = 0; i < ITEMS; i++) {
        char key[8], bytes[16];
        struct fl_sorted item = item_of(i, key, bytes);
        assert_int_equal(fl_sorter_add(s, &item), FL_OK);
    }
    assert_int_equal(fl_sorter_settle(s), FL_OK);
    return s;
}

static int compare(const struct fl_sorted *a, const struct fl_sorted *b)
{
    int c = fl_str_compare(a->key, b->key);
    return c != 0 ? c : a->number < b->number ? -1 : a->number > b->number;
}

static void test_sorter__order_of_key_and_number_at_any_budget(void **state)
{
    struct fl_sorter *memory = filled(0), *runs = filled(64 * 1024);
    struct fl_sorter_walk *a, *b;
    struct fl_sorted x, y, last = {0};
    char last_key[8];
    (void)state;
    assert_int_equal(fl_sorter_walk(memory, &a), FL_OK);
    assert_int_equal(fl_sorter_walk(runs, &b), FL_OK);
    for (uint32_t i = 0; i < ITEMS; i++) {
        assert_int_equal(fl_sorter_next(a, &x), FL_OK);
        assert_int_equal(fl_sorter_next(b, &y), FL_OK);
        assert_true(fl_str_equal(x.key, y.key) && x.number == y.number && fl_str_equal(x.bytes, y.bytes));
        assert_true(i == 0 || compare(&last, &x) < 0);
        memcpy(last_key, x.key.ptr, x.key.len);
        last = (struct fl_sorted){{last_key, x.key.len}, x.number, FL_STR("")};
    }
    assert_int_equal(fl_sorter_next(a, &x), FL_END);
    assert_int_equal(fl_sorter_next(b, &y), FL_END);
    fl_sorter_walk_end(a);
    fl_sorter_walk_end(b);
    fl_sorter_free(memory);
    fl_sorter_free(runs);
}

static void test_sorter__walks_side_by_side(void **state)
{
    struct fl_sorter *s = filled(64 * 1024);
    struct fl_sorter_walk *a, *b;
    struct fl_sorted first, x;
    (void)state;
    assert_int_equal(fl_sorter_walk(s, &a), FL_OK);
    assert_int_equal(fl_sorter_next(a, &first), FL_OK);
    uint64_t number = first.number;
    for (uint32_t i = 1; i < ITEMS / 2; i++)
        assert_int_equal(fl_sorter_next(a, &x), FL_OK);
    assert_int_equal(fl_sorter_walk(s, &b), FL_OK);
    assert_int_equal(fl_sorter_next(b, &x), FL_OK);
    assert_int_equal(x.number, number);
    uint32_t left = 0;
    while (fl_sorter_next(a, &x) == FL_OK)
        left++;
    assert_int_equal(left, ITEMS - ITEMS / 2);
    fl_sorter_walk_end(a);
    fl_sorter_walk_end(b);
    fl_sorter_free(s);
}

/* What one's own file may hold is more than what a file from anybody may ask for. */
static void test_block__items_are_as_long_as_is_allowed(void **state)
{
    struct fl_block_writer w;
    struct fl_block_reader r;
    struct fl_str item;
    char bytes[1000] = "as long as this";
    int fd = memfd_create("blocks", MFD_CLOEXEC);
    struct fl_packer *packer = fl_packer_new();
    (void)state;
    assert_int_equal(fl_block_writer_open(&w, fd, 1), FL_OK);
    fl_block_add_bytes(&w, bytes, sizeof bytes);
    fl_block_flush(&w);
    assert_int_equal(w.status, FL_OK);
    for (uint32_t over = 0; over < 2; over++) {
        fl_block_reader_open(&r, fd, 0, w.at, packer);
        assert_int_equal(r.item_most, FL_ITEM_BYTES_MAX);
        r.item_most = sizeof bytes - over;
        assert_int_equal(fl_block_take_bytes(&r, &item), over ? FL_E_DATA : FL_OK);
        fl_block_reader_close(&r);
    }
    fl_block_writer_close(&w);
    fl_packer_free(packer);
    close(fd);
}

/* Walks over what lies in a temporary file that somebody spoils. */
static void check_trouble(void (*spoil)(int fd), enum fl_status expected, const char *trouble)
{
    int next = dup(0);
    close(next);
    struct fl_sorter *s = filled(64 * 1024); /* its file has the least number that is free */
    struct fl_sorter_walk *walk;
    struct fl_sorted item;
    assert_null(fl_sorter_trouble(s));
    spoil(next);
    enum fl_status status = fl_sorter_walk(s, &walk);
    while (status == FL_OK)
        status = fl_sorter_next(walk, &item);
    assert_int_equal(status, expected);
    assert_string_equal(fl_sorter_trouble(s), trouble);
    fl_sorter_walk_end(walk);
    fl_sorter_free(s);
}

static void cut(int fd)
{
    assert_int_equal(ftruncate(fd, 5000), 0);
}

static void forbid(int fd)
{
    int blind = open("/dev/null", O_WRONLY);
    assert_int_equal(dup2(blind, fd), fd);
    close(blind);
}

static void test_sorter__a_file_that_cannot_be_read_back_is_told(void **state)
{
    (void)state;
    setenv("TMPDIR", "/tmp", 1);
    check_trouble(cut, FL_E_DATA, "a temporary file in /tmp cannot be read back: its groups are damaged");
    check_trouble(forbid, FL_E_IO, "a temporary file in /tmp cannot be read back: Bad file descriptor");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sorter__order_of_key_and_number_at_any_budget),
        cmocka_unit_test(test_sorter__walks_side_by_side),
        cmocka_unit_test(test_sorter__a_file_that_cannot_be_read_back_is_told),
        cmocka_unit_test(test_block__items_are_as_long_as_is_allowed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
