/* expect.h: an expectation while it is judged, shared by its files. Inside core/engine only; one thread. */
#ifndef FL_ENGINE_EXPECT_H
#define FL_ENGINE_EXPECT_H

#include "core/engine/periods.h"
#include "core/engine/verdicts.h"
#include "core/group/sorter.h"

/* What one host did in one period. */
struct fl_expect_seen {
    uint32_t host, period;
    uint64_t certain, possible;
};

/* Minutes of an hour, of all interfaces of a host. */
struct fl_expect_hour {
    uint64_t clean, lost; /* logged and whole by one; touched by SKIPDATA */
};

/* The host at hand in one period. */
struct fl_expect_period {
    uint64_t certain, possible;
    int64_t clean_minutes, lost_minutes;
    int64_t clean_quarters; /* quarters of an hour with a clean minute */
};

struct fl_expecting {
    struct fl_judging *j;
    const struct fl_intent *intent;
    struct fl_intent_tally *tally;
    uint32_t rule, undecided_rule;
    struct fl_periods periods;
    int64_t first_ms, last_ms; /* of the input */
    struct fl_intent_interfaces concerned;
    const struct fl_node *from;
    struct fl_addr *hosts; /* ascending; one of no address where any will do */
    uint32_t host_count, host_capacity;
    struct fl_expect_seen *seen;
    uint32_t seen_count, seen_capacity, seen_merged;
    struct fl_sorter *hours;      /* of interfaces, by host and hour; there may be more than memory holds */
    bool *lacking;                /* by period: some object of that time cannot show the conversations */
    struct fl_expect_period *now; /* of the host at hand, by period */
};

/* Index of the host that an address is; UINT32_MAX when it is none that is waited for. */
uint32_t fl_expect_host(const struct fl_expecting *e, struct fl_addr addr);
/* expect_seen.c: adds the conversations of the expectation's two rules to `seen`, one row for each host and period
 * in this order, and to the intent's counts. */
enum fl_status fl_expect_gather(struct fl_expecting *e);

#endif
