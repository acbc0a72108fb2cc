/* The aws_vpc decoder: layouts, headers, what is refused, and the samples beside its code. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <strings.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/unit/plugins/decoder_host.h"

#include "tests/unit/plugins/aws_vpc_reference.h"

#define SAMPLES "plugins/decoders/aws_vpc/samples/"

static const char default_row[] =
    "2 210000000001 eni-1 10.0.0.1 10.0.0.2 1024 443 6 20 4249 1418530010 "
    "1418530070 ACCEPT OK\n";

/* ---- one decoder, all fields wanted unless said otherwise ---- */

struct fixture {
    struct host host;
    struct flp_host functions;
    struct run run;
    struct ref_text out;
    char error[512];
};

static struct fixture *open_with(const char *told, const char *const *wanted)
{
    struct fixture *f = host_resize(NULL, sizeof(*f));
    struct flp_open how = {sizeof(how), told, f->host.wanted, HOST_WORDS};

    memset(f, 0, sizeof(*f));
    host_init(&f->host);
    f->host.poison = true;
    f->functions = host_functions(&f->host);
    for (uint32_t i = 0; i < HOST_F_CLIENT && !wanted; i++)
        host_want(&f->host, i);
    for (; wanted && *wanted; wanted++)
        host_want(&f->host, host_field_find(*wanted, strlen(*wanted)));
    f->run = (struct run){flp_plugin_aws_vpc.functions, NULL, &f->host, &f->out, '7'};
    f->run.self = f->run.decoder->open(&f->functions, &how, f->error, sizeof(f->error));
    return f;
}

static void dispose(struct fixture *f)
{
    if (f->run.self)
        f->run.decoder->close(f->run.self);
    free(f->out.bytes);
    host_dispose(&f->host);
    free(f);
}

static bool begin(struct fixture *f, const char *text)
{
    char *copy = padded(text, strlen(text), '8');
    bool ok = f->run.decoder->begin(f->run.self, copy + REF_PADDING, strlen(text), f->error,
                                    sizeof(f->error));

    free(copy);
    return ok;
}

/* What the decoder makes of a text, in the words of aws_vpc_reference.h. */
static const char *decode(struct fixture *f, const char *text)
{
    f->out.len = 0;
    assert_true(begin(f, text));
    assert_true(run_chunk(&f->run, text, strlen(text), 0));
    ref_print(&f->out, "%s", "");
    return f->out.len ? f->out.bytes : "";
}

static const char *origin(const struct fixture *f)
{
    return f->run.decoder->layout_origin(f->run.self);
}

static void expect_decode(const char *told, const char *text, const char *expected)
{
    static const char *const wanted[] = {"srcaddr", "dstport", "log-status", NULL};
    struct fixture *f = open_with(told, wanted);

    assert_non_null(f->run.self);
    assert_string_equal(decode(f, text), expected);
    dispose(f);
}

/* ---- headers ---- */

static void test_aws_vpc__header_names_in_every_spelling(void **state)
{
    (void)state;
    expect_decode(NULL, "srcaddr dstport log-status\n10.0.0.1 443 OK\n",
                  "header 0\n@27+15 nodata=0 srcaddr=10.0.0.1 dstport=443 log_status=0\n");
    expect_decode(NULL, "logStatus srcAddr dst_port\nOK 10.0.0.1 443\n",
                  "header 0\n@27+15 nodata=0 srcaddr=10.0.0.1 dstport=443 log_status=0\n");
    expect_decode(NULL, "\xEF\xBB\xBFsrcaddr dstport log-status\r\n10.0.0.1 443 OK\r\n",
                  "header 0\n@31+15 nodata=0 srcaddr=10.0.0.1 dstport=443 log_status=0\n");
}

static void test_aws_vpc__header_line_is_a_record_of_nothing(void **state)
{
    struct fixture *f = open_with(NULL, NULL);

    (void)state;
    assert_non_null(strstr(decode(f, "version srcaddr\n2 10.0.0.1\n"), "@16+10"));
    assert_string_equal(origin(f), "header");
    assert_int_equal(f->host.event_count, 0);
    dispose(f);
}

static void test_aws_vpc__unknown_column_is_kept_and_told_once(void **state)
{
    struct fixture *f = open_with(NULL, NULL);
    const char *text =
        "version shoe-size srcaddr\n2 44 10.0.0.1\nversion shoe-size dstaddr hat\n2 1 - x\n";

    (void)state;
    assert_non_null(strstr(decode(f, text), "@26+13 nodata=0 version=2 srcaddr=10.0.0.1\n"));
    decode(f, text);
    assert_string_equal(f->host.unknown, "shoe-size hat ");
    dispose(f);
}

static void test_aws_vpc__double_column_voids_lines_until_next_header(void **state)
{
    (void)state;
    expect_decode(
        NULL, "srcaddr dstport src_addr\n10.0.0.1 443 10.0.0.1\nsrcaddr dstport\n10.0.0.1 443\n",
        "header 0 refused\n!25+21 2\nheader 47\n@63+12 nodata=0 srcaddr=10.0.0.1 dstport=443\n");
    expect_decode(NULL, "srcaddr dstport hat hat\n1 2 3 4\n", "header 0 refused\n!24+7 2\n");
}

static void test_aws_vpc__at_most_128_columns(void **state)
{
    struct fixture *f = open_with(NULL, NULL);
    char line[4096] = "version srcaddr";

    (void)state;
    for (int i = 2; i < 128; i++)
        sprintf(line + strlen(line), " c%d", i);
    assert_true(
        f->run.decoder->header(f->run.self, line, strlen(line), f->error, sizeof(f->error)));
    strcat(line, " more");
    assert_false(
        f->run.decoder->header(f->run.self, line, strlen(line), f->error, sizeof(f->error)));
    assert_non_null(strstr(f->error, "128"));
    dispose(f);
}

static void test_aws_vpc__record_of_words_is_no_header(void **state)
{
    (void)state;
    /* Every value starts with a letter, but none is the name of a field. */
    expect_decode(NULL, "region type log-status\nus-east-1 IPv4 OK\nregion type\nx y\n",
                  "header 0\n@23+17 nodata=0 log_status=0\nheader 41\n@53+3 nodata=0\n");
}

/* ---- told formats ---- */

static void test_aws_vpc__told_format_with_and_without_braces(void **state)
{
    static const char *const told[] = {"${srcaddr} ${dstport} ${log-status}",
                                       "srcaddr dstport log-status",
                                       " ${srcaddr},dstport\n${log_status} "};

    (void)state;
    for (size_t i = 0; i < 3; i++)
        expect_decode(told[i], "10.0.0.1 443 OK\n",
                      "@0+15 nodata=0 srcaddr=10.0.0.1 dstport=443 log_status=0\n");
}

static void test_aws_vpc__told_names_of_layouts(void **state)
{
    struct fixture *f = open_with("default", NULL);

    (void)state;
    assert_non_null(strstr(decode(f, default_row), "interface_id=[eni-1]"));
    assert_string_equal(origin(f), "--format");
    dispose(f);
    f = open_with("tgw", NULL);
    assert_true(begin(f, "x"));
    assert_string_equal(origin(f), "--format");
    dispose(f);
}

static void test_aws_vpc__header_wins_over_told_format(void **state)
{
    (void)state;
    expect_decode("${dstport} ${srcaddr}", "443 10.0.0.1\nsrcaddr dstport\n10.0.0.1 443\n",
                  "@0+12 nodata=0 srcaddr=10.0.0.1 dstport=443\nheader 13\n"
                  "@29+12 nodata=0 srcaddr=10.0.0.1 dstport=443\n");
}

static void test_aws_vpc__told_format_that_is_wrong_is_refused(void **state)
{
    static const char *const told[] = {
        "",         " ",          "srcaddr srcaddr", "start start_time",
        "hat shoe", "srcaddr 42", "${srcaddr} ${",   "srcaddr;dstaddr"};

    (void)state;
    for (size_t i = 0; i < sizeof(told) / sizeof(told[0]); i++) {
        struct fixture *f = open_with(told[i], NULL);

        assert_null(f->run.self);
        assert_true(strlen(f->error) > 10);
        dispose(f);
    }
}

/* ---- guessing ---- */

static void expect_origin(const char *text, const char *expected)
{
    struct fixture *f = open_with(NULL, NULL);

    assert_true(begin(f, text));
    assert_string_equal(origin(f), expected);
    dispose(f);
}

static void test_aws_vpc__guess_default(void **state)
{
    char text[2048];

    (void)state;
    expect_origin(default_row, "default 14 columns");
    expect_origin("2 1 eni-1 - - - - - - - 1431280876 1431280934 - NODATA\n", "default 14 columns");
    /* One wrong value does not hide the layout, nor does rubbish before the first record. */
    expect_origin(
        "2 1 eni-1 10.0.0.1 10.0.0.2 99999 443 6 20 4249 1418530010 1418530070 ALLOW OK\n",
        "default 14 columns");
    snprintf(text, sizeof(text), "\n# note\nhello\n1 2 3\n%s", default_row);
    expect_origin(text, "default 14 columns");
}

static void test_aws_vpc__guess_by_count(void **state)
{
    static const uint32_t counts[] = {21, 25, 39, 40, 41, 42, 54};
    char text[1024], expected[64];

    (void)state;
    for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
        strcpy(text, default_row);
        text[strlen(text) - 1] = 0;
        for (uint32_t c = 14; c < counts[i]; c++)
            strcat(text, " -");
        strcat(text, "\n");
        snprintf(expected, sizeof(expected), "%u columns in documented order", counts[i]);
        expect_origin(text, expected);
    }
}

static void test_aws_vpc__guess_refuses_and_names_the_count(void **state)
{
    struct fixture *f = open_with(NULL, NULL);

    (void)state;
    assert_false(begin(f, "10.0.0.1 10.0.0.2 6 ACCEPT OK\n"));
    assert_non_null(strstr(f->error, "5 fields"));
    assert_non_null(strstr(f->error, "--format"));
    /* Fourteen columns, but log-status is not the last of them. */
    assert_false(begin(
        f, "OK 2 1 eni-1 10.0.0.1 10.0.0.2 1024 443 6 20 4249 1418530010 1418530070 ACCEPT\n"));
    assert_non_null(strstr(f->error, "14 fields"));
    dispose(f);
}

static void test_aws_vpc__guess_of_nothing_is_no_error(void **state)
{
    struct fixture *f = open_with(NULL, NULL);

    (void)state;
    assert_string_equal(decode(f, "\n \n"), "");
    dispose(f);
}

static void test_aws_vpc__rubbish_before_a_header_is_bad_lines(void **state)
{
    (void)state;
    expect_decode(NULL, "# log\na b\nsrcaddr dstport\n10.0.0.1 443\n",
                  "!0+5 2\n!6+3 2\nheader 10\n@26+12 nodata=0 srcaddr=10.0.0.1 dstport=443\n");
}

/* ---- probe ---- */

static int probe(const char *text, const char *told)
{
    const struct flp_decoder *decoder = flp_plugin_aws_vpc.functions;

    return decoder->probe(text, strlen(text), told);
}

static void test_aws_vpc__probe(void **state)
{
    (void)state;
    assert_true(probe("version account-id srcaddr\n2 1 10.0.0.1\n", NULL) >= 95);
    assert_true(probe("account_id srcAddr dstAddr logStatus", NULL) >= 95);
    assert_int_equal(probe(default_row, NULL), 80);
    assert_int_equal(probe("10.0.0.1 443\n", "srcaddr dstport"), 60);
    assert_int_equal(probe("10.0.0.1 443\n", NULL), 0);
    assert_int_equal(probe("", NULL), 0);
    assert_int_equal(probe("\n\n", "default"), 0);
    assert_int_equal(probe("{\"records\": [{\"time\": 1}]}\n", NULL), 0);
    assert_int_equal(probe("{\"a\": 1}\n", "default"), 0);
    assert_int_equal(probe("  [1, 2]\n", "default"), 0);
    assert_int_equal(probe("timestamp,message\n1,2\n", "default"), 0);
    assert_int_equal(probe("PAR1\x15\x04\x15\x10 x\n", "default"), 0);
    assert_int_equal(probe("The quick brown fox.\n", NULL), 0);
    /* Weak, but enough to be told how to name the columns. */
    assert_in_range(probe("10.0.0.1 10.0.0.2 6 ACCEPT OK\n", NULL), 1, 50);
}

/* ---- the rest of the contract ---- */

static void collect(void *context, const char *name, size_t name_len, const char *value,
                    size_t value_len)
{
    char *to = context;

    sprintf(to + strlen(to), "%.*s=%.*s ", (int)name_len, name, (int)value_len, value);
}

static void test_aws_vpc__fields_of_a_line(void **state)
{
    struct fixture *f = open_with(NULL, NULL);
    char got[512] = "";
    const char *line = "  2 x\t10.0.0.1 - ";

    (void)state;
    decode(f, "version hat src_addr log-status\n");
    f->run.decoder->fields(f->run.self, line, strlen(line), collect, got);
    assert_string_equal(got, "version=2 hat=x src_addr=10.0.0.1 log-status=- ");
    dispose(f);
}

static void test_aws_vpc__layout_fields(void **state)
{
    struct fixture *f = open_with(NULL, NULL);
    uint64_t bits[HOST_WORDS];

    (void)state;
    memset(bits, 0xff, sizeof(bits));
    decode(f, "end hat srcaddr\n");
    f->run.decoder->layout_fields(f->run.self, bits, HOST_WORDS);
    assert_int_equal(bits[0], UINT64_C(1) << HOST_F_SRCADDR | UINT64_C(1) << HOST_F_END_TIME);
    assert_int_equal(bits[1], 0);
    dispose(f);
}

static void test_aws_vpc__no_data_without_wanting_the_columns(void **state)
{
    static const char *const wanted[] = {"interface-id", NULL};
    struct fixture *f = open_with(NULL, wanted);

    (void)state;
    assert_string_equal(
        decode(f, "interface-id dstaddr tcp-flags log-status\ne1 - - NODATA\ne2 - 2 NODATA\n"
                  "e3 - - OK\ne4 - - skipdata\n"),
        "header 0\n@42+13 nodata=1 interface_id=[e1]\n@56+13 nodata=0 interface_id=[e2]\n"
        "@70+9 nodata=0 interface_id=[e3]\n@80+15 nodata=1 interface_id=[e4]\n");
    assert_true(f->host.batch.any_no_data);
    decode(f, "interface-id dstaddr\ne1 -\n");
    assert_false(f->host.batch.any_no_data);
    dispose(f);
}

static void test_aws_vpc__out_of_memory(void **state)
{
    struct fixture *f = open_with("default", NULL);
    char *copy = padded(default_row, strlen(default_row), ' ');

    (void)state;
    assert_true(begin(f, default_row));
    f->host.no_memory = true;
    assert_true(f->run.decoder->decode(f->run.self, copy + REF_PADDING, strlen(default_row),
                                       &f->host.batch) == SIZE_MAX);
    free(copy);
    dispose(f);
}

static void test_aws_vpc__kernels_by_name(void **state)
{
    struct fixture *f;

    (void)state;
    setenv("FL_KERNELS", "abacus", 1);
    f = open_with(NULL, NULL);
    assert_null(f->run.self);
    assert_non_null(strstr(f->error, "abacus"));
    unsetenv("FL_KERNELS");
    dispose(f);
}

/* ---- samples: NAME.log and what must come of it, NAME.expected ---- */

static char *read_sample(const char *name, const char *ending)
{
    char path[256], *text = calloc(1, 1 << 16);
    FILE *file;

    snprintf(path, sizeof(path), SAMPLES "%s%s", name, ending);
    file = fopen(path, "rb");
    assert_non_null(file);
    assert_true(fread(text, 1, (1 << 16) - 1, file) > 0);
    fclose(file);
    return text;
}

static void test_aws_vpc__samples(void **state)
{
    static const char *const names[] = {"default-no-header",    "untidy",
                                        "header-in-the-middle", "documented-29",
                                        "alphabetical-29",      "transit-gateway-36",
                                        "export-with-time"};

    (void)state;
    if (access(SAMPLES, R_OK))
        skip();
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        struct fixture *f = open_with(NULL, NULL);
        char *text = read_sample(names[i], ".log"), *expected;

        decode(f, text);
        ref_print(&f->out, "columns by: %s\n", origin(f));
        if (getenv("FL_WRITE_EXPECTED")) {
            printf("== %s\n%s", names[i], f->out.bytes);
        } else {
            expected = read_sample(names[i], ".expected");
            assert_string_equal(f->out.bytes, expected);
            free(expected);
        }
        free(text);
        dispose(f);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_aws_vpc__header_names_in_every_spelling),
        cmocka_unit_test(test_aws_vpc__header_line_is_a_record_of_nothing),
        cmocka_unit_test(test_aws_vpc__unknown_column_is_kept_and_told_once),
        cmocka_unit_test(test_aws_vpc__double_column_voids_lines_until_next_header),
        cmocka_unit_test(test_aws_vpc__at_most_128_columns),
        cmocka_unit_test(test_aws_vpc__record_of_words_is_no_header),
        cmocka_unit_test(test_aws_vpc__told_format_with_and_without_braces),
        cmocka_unit_test(test_aws_vpc__told_names_of_layouts),
        cmocka_unit_test(test_aws_vpc__header_wins_over_told_format),
        cmocka_unit_test(test_aws_vpc__told_format_that_is_wrong_is_refused),
        cmocka_unit_test(test_aws_vpc__guess_default),
        cmocka_unit_test(test_aws_vpc__guess_by_count),
        cmocka_unit_test(test_aws_vpc__guess_refuses_and_names_the_count),
        cmocka_unit_test(test_aws_vpc__guess_of_nothing_is_no_error),
        cmocka_unit_test(test_aws_vpc__rubbish_before_a_header_is_bad_lines),
        cmocka_unit_test(test_aws_vpc__probe),
        cmocka_unit_test(test_aws_vpc__fields_of_a_line),
        cmocka_unit_test(test_aws_vpc__layout_fields),
        cmocka_unit_test(test_aws_vpc__no_data_without_wanting_the_columns),
        cmocka_unit_test(test_aws_vpc__out_of_memory),
        cmocka_unit_test(test_aws_vpc__kernels_by_name),
        cmocka_unit_test(test_aws_vpc__samples),
    };

    unsetenv("FL_KERNELS");
    return cmocka_run_group_tests(tests, NULL, NULL);
}
