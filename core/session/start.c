/* start.c: flowlaw init and flowlaw new-rule: files that work as they are, to be changed. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/log.h"
#include "core/session/session.h"

#define STARTER_RULE "ours/ssh-from-bastions"

static const char policy_text[] =
    "# What this network is, and what must hold in it. Change the addresses to yours; then\n"
    "#\n"
    "#   flowlaw check -p policy.yaml              does it load, and which fields does it read?\n"
    "#   flowlaw test -p policy.yaml               do the rules say what they should?\n"
    "#   flowlaw audit -p policy.yaml LOGS...      what do the logs say?\n"
    "#\n"
    "# rules/" STARTER_RULE ".lua is a rule of your own with its tests; flowlaw new-rule ID writes another.\n"
    "# flowlaw list rules names the rules that come with flowlaw.\n"
    "version: 1\n"
    "name: ours                # the ids of findings are made from it\n"
    "timezone: UTC\n"
    "own:                      # all addresses that are yours, private ones too: no other is in `ours`\n"
    "  [10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16, 198.51.100.0/24]\n"
    "networks:\n"
    "  app:     10.0.2.0/24\n"
    "  db:      10.0.10.0/24\n"
    "  bastion: 10.0.3.10/32\n"
    "services:\n"
    "  postgres: [tcp/5432]\n"
    "intents:                  # who may talk to whom\n"
    "  - id: db-zone\n"
    "    title: Into the databases only the application and the bastion\n"
    "    to: db\n"
    "    only:\n"
    "      - { from: app, service: postgres }\n"
    "      - { from: bastion, service: tcp/22 }\n"
    "      - { from: self }\n"
    "    severity: high\n"
    "rules:                    # what else to look for\n"
    "  - use: " STARTER_RULE "\n"
    "    params: { allowed: bastion }\n"
    "  - use: scan/horizontal\n"
    "fail_on: high             # findings from this severity on make the audit fail\n";

static const char rule_text[] =
    "-- %s\n"
    "--\n"
    "-- `where` chooses records, `group_by` says which belong together, `having` which groups are findings.\n"
    "-- flowlaw list fields and flowlaw list measures name what there is; flowlaw test %s runs the tests below.\n"
    "rule {\n"
    "  title       = \"SSH is opened by somebody who is no bastion\",\n"
    "  severity    = \"medium\",\n"
    "  description = \"Administration goes through the bastions, where it is recorded and can be cut off.\",\n"
    "  params      = {\n"
    "    service = service(\"tcp/22\", \"what is guarded\"),\n"
    "    allowed = network(\"10.0.3.10\", \"who may open it\"),\n"
    "  },\n"
    "\n"
    "  where    = \"server in ours and service in $service and client not in $allowed\",\n"
    "  group_by = { \"client\", \"server\", \"service\" }, -- both directions of a conversation\n"
    "  measure  = { outcome = outcome() },\n"
    "  having   = \"outcome >= allowed\",                -- what was blocked is no breach\n"
    "  identity = { \"server\", \"service\" },             -- one finding for each of these\n"
    "  finding  = \"{client} reached {server} on {service}, {outcome}; only {$allowed} may\",\n"
    "  remediation = \"Let the security group of the server accept the service from the bastions alone.\",\n"
    "}\n"
    "\n"
    "test \"somebody else reaches the server\" {\n"
    "  flows  = flows { from = \"10.0.9.9\", to = \"10.0.1.5:22\", reply = true },\n"
    "  expect = { { group = { server = \"10.0.1.5\" }, severity = \"medium\", measures = { outcome = \"answered\" } } "
    "},\n"
    "}\n"
    "\n"
    "test \"the bastion may, and others are blocked\" {\n"
    "  flows  = {\n"
    "    flows { from = \"10.0.3.10\", to = \"10.0.1.5:22\", reply = true },\n"
    "    flows { from = \"10.0.9.9\", to = \"10.0.1.5:22\", action = \"reject\" },\n"
    "  },\n"
    "  expect = {},\n"
    "}\n"
    "\n"
    "test \"answers to our own clients are not taken for openings\" {\n"
    "  flows  = flows { from = \"203.0.113.7:22\", to = \"10.0.1.5:49152..49160\", flags = \"SYN,ACK\" },\n"
    "  expect = {},\n"
    "}\n";

/* The folders that lead to a file. */
static bool make_folders(const char *path)
{
    char part[PATH_MAX];
    snprintf(part, sizeof part, "%s", path);
    for (char *p = part + 1; (p = strchr(p, '/')) != NULL; p++) {
        *p = '\0';
        if (mkdir(part, 0777) != 0 && errno != EEXIST) {
            fl_log_error("%s cannot be made: %s", part, strerror(errno));
            return false;
        }
        *p = '/';
    }
    return true;
}

/* A new file with this text. */
static bool write_new(const char *path, const char *text, size_t len)
{
    if (!make_folders(path))
        return false;
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (fd < 0) {
        fl_log_error("%s cannot be written: %s", path, strerror(errno));
        return false;
    }
    bool ok = write(fd, text, len) == (ssize_t)len;
    ok = close(fd) == 0 && ok;
    if (!ok)
        fl_log_error("%s cannot be written: %s", path, strerror(errno));
    else
        printf("wrote %s\n", path);
    return ok;
}

static bool write_rule(const char *path, const char *id)
{
    char text[sizeof rule_text + 2 * PATH_MAX];
    int len = snprintf(text, sizeof text, rule_text, id, path);
    return write_new(path, text, (size_t)len);
}

static bool is_free(const char *path)
{
    struct stat st;
    if (lstat(path, &st) != 0)
        return true;
    fl_log_error("%s is there already; nothing was written", path);
    return false;
}

static bool join(char out[PATH_MAX], const char *folder, const char *name)
{
    size_t len = strlen(folder);
    while (len > 1 && folder[len - 1] == '/')
        len--;
    bool here = len == 1 && folder[0] == '.';
    int n = here ? snprintf(out, PATH_MAX, "%s", name) : snprintf(out, PATH_MAX, "%.*s/%s", (int)len, folder, name);
    if (n > 0 && n < PATH_MAX)
        return true;
    fl_log_error("the path %s/%s is too long", folder, name);
    return false;
}

int fl_session_init(const char *folder)
{
    char policy[PATH_MAX], rule[PATH_MAX];
    if (!join(policy, folder, "policy.yaml") || !join(rule, folder, "rules/" STARTER_RULE ".lua"))
        return 2;
    if (!is_free(policy) || !is_free(rule))
        return 2;
    if (!write_rule(rule, STARTER_RULE) || !write_new(policy, policy_text, sizeof policy_text - 1))
        return 2;
    printf("try: flowlaw test -p %s; flowlaw check -p %s\n", policy, policy);
    return 0;
}

/* Parts of lower-case letters, digits, - and _, as rules are named everywhere. */
static bool is_rule_id(const char *id)
{
    size_t len = strspn(id, "abcdefghijklmnopqrstuvwxyz0123456789-_/");
    return len > 0 && id[len] == '\0' && id[0] != '/' && id[len - 1] != '/' && strstr(id, "//") == NULL &&
           id[0] != '_' && strstr(id, "/_") == NULL && strncmp(id, "lib/", 4) != 0;
}

int fl_session_new_rule(const char *id, const char *rules)
{
    char name[PATH_MAX], path[PATH_MAX];
    if (!is_rule_id(id)) {
        fl_log_error("%s is no id of a rule: parts of lower-case letters, digits, - and _, such as scan/slow-ports; "
                     "lib/ and names that begin with _ hold modules",
                     id);
        return 2;
    }
    if (snprintf(name, sizeof name, "%s.lua", id) >= PATH_MAX || !join(path, rules != NULL ? rules : "rules", name))
        return 2;
    if (!is_free(path) || !write_rule(path, id))
        return 2;
    printf("try: flowlaw test %s\n"
           "to run it: add `- use: %s` to the rules of your policy\n",
           path, id);
    return 0;
}
