/* test_flows.h: flows{ ... } between reading it and writing it as lines of a log. Inside core/session only. */
#ifndef FL_SESSION_TEST_FLOWS_H
#define FL_SESSION_TEST_FLOWS_H

#include "core/session/test_bench.h"

enum fl_test_log { FL_TEST_V5, FL_TEST_V2, FL_TEST_TGW, FL_TEST_LOGS };
enum fl_test_vantage { FL_TEST_BY_SRC, FL_TEST_BY_DST, FL_TEST_BY_BOTH, FL_TEST_BY_MIDDLE, FL_TEST_BY_NEAREST };

/* One side of a conversation in numbers. */
struct fl_test_traffic {
    int64_t packets, bytes, flags; /* flags < 0: not known */
    bool rejected;
};

struct fl_test_block {
    const struct fl_datum *datum;
    enum fl_test_log kind;
    struct fl_test_ends from, to;
    int64_t protocol, start_ms, every_ms, duration_ms, count;
    struct fl_test_traffic request, reply;
    bool has_reply;
    enum fl_test_vantage vantage;
    const char *src_interface, *dst_interface; /* NULL: made from the address */
    const char *status;                        /* not OK: a line without data */
};

/* The column that a key of flows{} names beside the builder's own keys, or FL_FIELD_NONE. */
uint32_t fl_test_column(const char *key);

/* test_log.c: adds one object for each kind of log that the blocks ask for. */
enum fl_status fl_test_write_logs(const struct fl_test_block *blocks, uint32_t count, const struct fl_policy *policy,
                                  struct fl_source_list *out, struct fl_test_errors *errors);

#endif
