/* policy.h: a policy file, parsed and checked for everything that needs no rule and no record.
 *
 * The policy owns all it points to. Expressions stay text here (with their place); rule/plan compiles them.
 */
#ifndef FL_POLICY_POLICY_H
#define FL_POLICY_POLICY_H

#include "core/base/when.h"
#include "core/expr/program.h"
#include "core/inventory/inventory.h"
#include "core/record/report.h"
#include "core/text/yaml.h"

struct fl_text_at {
    const char *text; /* NULL when absent */
    uint32_t line, column;
};

/* Networks by id: built-in ones first. Ids index `networks`. */
struct fl_network {
    const char *name;
    bool builtin;
    const struct fl_prefix *prefixes, *excepts;
    uint32_t prefix_count, except_count;
    const char *vpc, *account; /* binding or NULL */
    bool in_another;           /* the definition of another network names it */
    uint32_t line, column;
};

#define FL_LISTED_SERVICE_PORTS_MAX 16u /* of a service that orientation takes for one that usually serves */
struct fl_service_def {
    const char *name;
    const struct fl_set_item *items; /* FL_ITEM_RANGE over protocol << 16 | port */
    uint32_t item_count;
    uint32_t port_count; /* ports covered; up to FL_LISTED_SERVICE_PORTS_MAX make it a listed service */
    uint32_t line, column;
};

enum fl_intent_kind { FL_INTENT_ONLY, FL_INTENT_ONLY_FROM, FL_INTENT_DENY, FL_INTENT_EXPECT };

struct fl_intent_side {
    const char *network; /* operand text: a network name, CIDR or "self"; several: "{a, b}", none of them self */
    const char *service; /* operand text, or NULL: every protocol */
    uint32_t line, column;
};

struct fl_intent {
    const char *id, *title;
    enum fl_intent_kind kind;
    struct fl_text_at from, to, service, when;
    const struct fl_intent_side *only; /* `only` entries, or one entry per only_from member */
    uint32_t only_count;
    int64_t expect_every_ms, expect_min; /* every is in whole 15 minutes */
    bool expect_each_host;
    bool strict, optional;
    int64_t starts_ms, expires_ms; /* INT64_MIN / INT64_MAX when absent; expires = end of that day */
    enum fl_severity severity;
    struct fl_texts controls, attack;
    const char *remediation;
    uint32_t line, column;
};

struct fl_policy_param {
    const char *name, *text; /* operand text; a YAML list becomes "{a, b}" */
    uint32_t line, column;
};

struct fl_rule_use {
    const char *pattern; /* id, glob or ./path */
    const char *as;      /* or NULL */
    const struct fl_policy_param *params;
    uint32_t param_count;
    int severity; /* or -1 */
    bool enabled; /* `enabled: false` takes rules out again */
    uint32_t line, column;
};

struct fl_price {
    const char *name, *text; /* "nat_gb", "0.045" */
    struct fl_ratio amount;  /* exact, never negative */
};

enum fl_waiver_effect { FL_WAIVE_HIDE, FL_WAIVE_INFO, FL_WAIVE_LOW, FL_WAIVE_MEDIUM };
struct fl_waiver {
    const char *rule; /* id or glob */
    struct fl_text_at where;
    const char *owner, *reason, *ticket, *expires; /* expires as written, or NULL */
    int64_t expires_ms;                            /* end of the day in the policy's zone; INT64_MAX when absent */
    enum fl_waiver_effect effect;
    uint32_t line;
};

struct fl_policy {
    struct fl_arena arena;
    const char *file, *folder, *name, *text; /* text: the whole file */
    struct fl_zone *zone;                    /* NULL = UTC */
    const char *zone_name;
    struct fl_network *networks;
    uint32_t network_count;
    bool has_own;                   /* what `ours` is: `own`, the inventory, both; without any, the private space */
    struct fl_map network_names;    /* their numbers are those of the networks */
    struct fl_inventory *inventory; /* NULL: none is given */
    struct fl_service_def *services;
    uint32_t service_count;
    struct fl_intent *intents;
    uint32_t intent_count;
    struct fl_rule_use *uses;
    uint32_t use_count;
    struct fl_waiver *waivers;
    uint32_t waiver_count;
    const char *currency; /* of the prices; NULL without any */
    struct fl_price *prices;
    uint32_t price_count;
    struct fl_text_at scope;
    enum fl_severity fail_on; /* FL_SEV_NONE: never fails */
    uint32_t evidence;
    struct fl_ratio max_skipdata;
    uint64_t max_bad_lines, max_groups, max_list_records;
    bool dedupe; /* records that equal another one in every field are left out */
    int64_t aggregation_ms;
    bool split_by_vpc;
};

/* Reads and checks a policy; every error found is added to errors. FL_OK only without errors. */
enum fl_status fl_policy_load(const char *path, struct fl_policy *out, struct fl_error_list *errors);
/* From text; file names it in errors, folder is where its relative paths start. */
enum fl_status fl_policy_parse(struct fl_str text, const char *file, const char *folder, struct fl_policy *out,
                               struct fl_error_list *errors);
void fl_policy_dispose(struct fl_policy *policy);

/* NULL when there is none; a near name in *guess then, or NULL. */
const struct fl_price *fl_policy_price(const struct fl_policy *policy, struct fl_str name, const char **guess);
/* -1 when there is none. */
int fl_policy_network(const struct fl_policy *policy, struct fl_str name);
/* Fits fl_network_source: context is the policy. */
struct fl_network_source fl_policy_network_source(const struct fl_policy *policy);
/* Fills network, service and names of an environment whose context is the policy. */
void fl_policy_expr_env(const struct fl_policy *policy, struct fl_expr_env *env);
/* What tells that an address is in `ours`: the sentence goes on "`ours` is what". */
const char *fl_policy_ours_text(const struct fl_policy *policy);
/* The error stands there in the policy's file. */
void fl_policy_error_at(const struct fl_policy *policy, struct fl_error *err, uint32_t line, uint32_t column);
/* Adds the error of an expression of the policy: its column becomes one of the policy's line where that line shows the
 * expression as it is. */
void fl_policy_fail_expr(const struct fl_policy *policy, const struct fl_text_at *expr, struct fl_error *err,
                         struct fl_error_list *errors);

/* Built-in network ids, always present and in this order. */
enum fl_builtin_network {
    FL_NET_OURS,
    FL_NET_PRIVATE,
    FL_NET_INTERNET,
    FL_NET_PLATFORM,
    FL_NET_METADATA,
    FL_NET_MULTICAST,
    FL_NET_ANY,
    FL_NET_BUILTIN_COUNT /* with an inventory, `dark` is one more */
};

/* The shipped list of server ports (docs/ports.md): sets the bit of every port that usually serves. */
void fl_listed_services(uint64_t tcp[1024], uint64_t udp[1024]);

#endif
