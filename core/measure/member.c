/* member.c: what measures with several values call them, in byte order, as results show them. */
#include "core/measure/measure.h"

/* The order in which active.c fills them in. */
static const char *const hours_names[] = {"active", "days",       "of_day",   "of_week",
                                          "quiet",  "quiet_from", "quiet_to", "weekend"};
static const enum fl_type hours_types[] = {FL_T_INT, FL_T_INT, FL_T_INT, FL_T_INT,
                                           FL_T_INT, FL_T_INT, FL_T_INT, FL_T_INT};
static const char *const interval_names[] = {"count", "cv", "longest", "mean", "median", "near", "shortest"};
static const enum fl_type interval_types[] = {FL_T_INT,      FL_T_RATIO, FL_T_DURATION, FL_T_DURATION,
                                              FL_T_DURATION, FL_T_RATIO, FL_T_DURATION};

uint32_t fl_measure_member_count(enum fl_measure_kind kind)
{
    if (kind == FL_M_HOURS)
        return sizeof hours_names / sizeof hours_names[0];
    return kind == FL_M_INTERVALS ? sizeof interval_names / sizeof interval_names[0] : 0;
}

const char *const *fl_measure_member_names(enum fl_measure_kind kind)
{
    return kind == FL_M_HOURS ? hours_names : kind == FL_M_INTERVALS ? interval_names : NULL;
}

uint32_t fl_measure_member(enum fl_measure_kind kind, struct fl_str name, enum fl_type *type)
{
    const char *const *names = fl_measure_member_names(kind);
    for (uint32_t i = 0; i < fl_measure_member_count(kind); i++) {
        if (fl_str_is(name, names[i])) {
            *type = kind == FL_M_HOURS ? hours_types[i] : interval_types[i];
            return i + 1;
        }
    }
    return 0;
}
