/* limits.h: every limit that a user can meet, in one place. docs/limits.md explains each. */
#ifndef FL_BASE_LIMITS_H
#define FL_BASE_LIMITS_H

#define FL_CHUNK_BYTES           (128u * 1024u)         /* text decoded at a time */
#define FL_LINE_BYTES_MAX        (1024u * 1024u)        /* a longer line is bad */
#define FL_LEARN_BYTES           65536u                 /* of an object's text that vantage learns from */
#define FL_COLUMNS_MAX           128u                   /* of one text format */
#define FL_RULE_DEPTH_MAX        3u                     /* of rules that read rules */
#define FL_OVER_MEMBERS_MAX      65536u                 /* addresses of a network whose absence is judged */
#define FL_INVENTORY_BYTES_MAX   (256u * 1024u * 1024u) /* of one file */
#define FL_INVENTORY_ERRORS_MAX  100u                   /* of one file that are told */
#define FL_INVENTORY_DAYS_MAX    7                      /* between its as_of and a record, before that is told */
#define FL_MEASURES_PER_RULE_MAX 32u
#define FL_EXPR_BYTES_MAX        65536u
#define FL_EXPR_DEPTH_MAX        64u   /* brackets, not and minus inside each other */
#define FL_EXPR_HEIGHT_MAX       2000u /* operators in a row: what walks a tree recurses that deep */
#define FL_POLICY_BYTES_MAX      (16u * 1024u * 1024u)
#define FL_LIST_FILE_BYTES_MAX   (16u * 1024u * 1024u) /* of the file of a network */
#define FL_PANES_PER_WINDOW_MAX  64u
#define FL_SEQUENCE_STEPS_MAX    8u
#define FL_SEQUENCE_TIMES_MAX    1000u                 /* of all steps of a sequence together */
#define FL_DEDUPE_RUN_BYTES      (16u * 1024u * 1024u) /* of a worker, before hashes of records go to a file */
#define FL_LIST_RECORDS_MAX      10000000u             /* kept for on_flow with group_by, and for sequence */
#define FL_SPREAD_PANES_MAX      1024u                 /* that one record may reach into */
#define FL_PERIODS_MAX           40000u                /* of an expectation: a year of quarters of an hour */
#define FL_DISTINCT_EXACT        4096u
#define FL_SET_ITEMS_MAX         1000u
#define FL_GROUPS_MAX_DEFAULT    100000000u
#define FL_MEMORY_MIN            (16u * 1024u * 1024u) /* of --memory */
#define FL_LUA_FAILURES_MAX      100u
#define FL_LUA_MEMORY_BYTES      (8u * 1024u * 1024u)
#define FL_LUA_TEXT_BYTES_MAX    (64u * 1024u) /* of one text; a comparison of two is one instruction */
#define FL_VERDICT_BYTES_MAX     16384u        /* of what code says of one record or group */
#define FL_LUA_STEPS_PER_CALL    100000u       /* VM instructions for one record or group */
#define FL_LUA_STEPS_LOAD        10000000u     /* while a rule file is loaded */
#define FL_OCCURRENCES_SHOWN     10u
#define FL_BAD_LINES_SHOWN       5u
#define FL_EVIDENCE_DEFAULT      3u
#define FL_EVIDENCE_MAX          100u
#define FL_TESTS_PER_FILE_MAX    100000u  /* test blocks of one rule file */
#define FL_TEST_RECORDS_MAX      1000000u /* that flows{} of one test make */

#endif
