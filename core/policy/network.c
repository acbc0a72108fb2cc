/* network.c: own space, built-in networks and the policy's. */
#include <stdio.h>
#include <string.h>

#include "core/base/limits.h"
#include "core/base/memory.h"
#include "core/policy/load.h"

static const char *const private_space[] = {"10.0.0.0/8",     "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10",
                                            "169.254.0.0/16", "fc00::/7",      "fe80::/10",      NULL};
/* Addresses that belong to the platforms: AWS metadata, DNS and time, Azure's host, Google's health probes. */
static const char *const platform_space[] = {"169.254.169.254/32",
                                             "169.254.169.253/32",
                                             "169.254.169.123/32",
                                             "169.254.170.2/32",
                                             "169.254.170.23/32",
                                             "fd00:ec2::254/128",
                                             "fd00:ec2::253/128",
                                             "fd00:ec2::123/128",
                                             "fd00:ec2::23/128",
                                             "168.63.129.16/32",
                                             "35.191.0.0/16",
                                             "130.211.0.0/22",
                                             "209.85.152.0/22",
                                             "209.85.204.0/22",
                                             "35.199.192.0/19",
                                             "2600:2d00:1:b029::/64",
                                             NULL};
static const char *const metadata_space[] = {"169.254.169.254/32", "fd00:ec2::254/128", NULL};
static const char *const multicast_space[] = {"224.0.0.0/4", "ff00::/8", NULL};
static const char *const any_space[] = {"0.0.0.0/0", "::/0", NULL};
static const char *const not_unicast[] = {"0.0.0.0/8", "127.0.0.0/8", "224.0.0.0/4", "240.0.0.0/4",
                                          "::/128",    "::1/128",     "ff00::/8",    NULL};

struct prefixes {
    struct fl_prefix *items;
    uint32_t count, capacity;
    struct fl_map once; /* those of push_once() */
};

static void push(struct fl_policy_loader *l, struct prefixes *list, struct fl_prefix p)
{
    if (!fl_grow((void **)&list->items, &list->capacity, list->count + 1, sizeof *list->items)) {
        l->nomem = true;
        return;
    }
    list->items[list->count++] = p;
}

/* A list that is made of other lists: each prefix once, for lists of lists of lists would double each time. */
static void push_once(struct fl_policy_loader *l, struct prefixes *list, struct fl_prefix p)
{
    uint64_t key[3] = {p.addr.hi, p.addr.lo, p.len};
    uint32_t before = list->once.count;
    l->nomem |= fl_map_intern(&list->once, (struct fl_str){(const char *)key, sizeof key}) == FL_MAP_NONE;
    if (list->once.count > before)
        push(l, list, p);
}

static void drop(struct prefixes *list)
{
    fl_free(list->items);
    fl_map_dispose(&list->once);
    *list = (struct prefixes){0};
}

static void push_texts(struct fl_policy_loader *l, struct prefixes *list, const char *const texts[])
{
    struct fl_prefix p;
    for (; *texts != NULL; texts++)
        if (fl_prefix_parse(fl_str_of(*texts), &p, NULL))
            push(l, list, p);
}

/* Moves a list into the policy's arena. */
static const struct fl_prefix *keep(struct fl_policy_loader *l, struct prefixes *list, uint32_t *count)
{
    struct fl_prefix *copy = fl_load_alloc(l, list->count, sizeof *copy);
    if (copy != NULL && list->count > 0)
        memcpy(copy, list->items, list->count * sizeof *copy);
    *count = copy == NULL ? 0 : list->count;
    drop(list);
    return copy;
}

static void push_network(struct fl_policy_loader *l, struct prefixes *list, const struct fl_network *n)
{
    for (uint32_t i = 0; i < n->prefix_count; i++)
        push_once(l, list, n->prefixes[i]);
}

/* One CIDR, or the name of a network that stands above. */
static void push_member(struct fl_policy_loader *l, struct prefixes *list, const struct fl_yaml_node *node)
{
    struct fl_prefix p;
    bool host_bits;
    if (node->kind != FL_YAML_SCALAR) {
        fl_load_fail(l, node, "a CIDR, an address or the name of a network belongs here");
        return;
    }
    if (fl_prefix_parse(node->text, &p, &host_bits)) {
        char right[FL_PREFIX_TEXT_BYTES];
        fl_prefix_format(p, right);
        if (host_bits)
            fl_load_fail(l, node, "%.*s has bits set behind its length; the network is %s", (int)node->text.len,
                         node->text.ptr, right);
        push(l, list, p);
        return;
    }
    int other = fl_policy_network(l->policy, node->text);
    if (other < 0) {
        fl_load_fail(l, node, "\"%.*s\" is no CIDR and no network defined above", (int)node->text.len, node->text.ptr);
        return;
    }
    struct fl_network *n = &l->policy->networks[other];
    n->in_another = true;
    if (n->except_count > 0)
        fl_load_fail(l, node, "\"%.*s\" is defined with exceptions and cannot be part of another network",
                     (int)node->text.len, node->text.ptr);
    else if (n->vpc != NULL || n->account != NULL)
        fl_load_fail(l, node, "\"%.*s\" is bound to a vpc or account and cannot be part of another network",
                     (int)node->text.len, node->text.ptr);
    else
        push_network(l, list, n);
}

static void push_members(struct fl_policy_loader *l, struct prefixes *list, const struct fl_yaml_node *node)
{
    if (node->kind != FL_YAML_LIST) {
        push_member(l, list, node);
        return;
    }
    for (uint32_t i = 0; i < node->count; i++)
        push_member(l, list, node->items[i]);
}

static void fail_in_list(struct fl_policy_loader *l, const char *path, uint32_t line, struct fl_str text)
{
    struct fl_error err;
    fl_fail(&err, FL_E_VALUE, "\"%.*s\" is no CIDR (or has bits set behind its length)", (int)text.len, text.ptr);
    fl_error_at(&err, path, line, 1);
    fl_error_list_add(l->errors, &err);
}

/* What stands in a line before blanks or a comment. */
static struct fl_str first_word(const char *line, size_t len)
{
    size_t from = 0, to;
    while (from < len && (line[from] == ' ' || line[from] == '\t'))
        from++;
    for (to = from; to < len && memchr("#\r \t", line[to], 4) == NULL;)
        to++;
    return (struct fl_str){line + from, to - from};
}

/* One CIDR a line; # begins a comment. */
static void push_file(struct fl_policy_loader *l, struct prefixes *list, const struct fl_yaml_node *node)
{
    char path[4096];
    struct fl_buf text;
    if (node->kind != FL_YAML_SCALAR) {
        fl_load_fail(l, node, "file must be a path");
        return;
    }
    bool absolute = node->text.len > 0 && node->text.ptr[0] == '/';
    snprintf(path, sizeof path, "%s%s%.*s", absolute ? "" : l->policy->folder, absolute ? "" : "/", (int)node->text.len,
             node->text.ptr);
    fl_buf_init(&text);
    size_t size = fl_load_file(l, node, path, FL_LIST_FILE_BYTES_MAX, &text) ? text.len : 0;
    uint32_t number = 1;
    for (size_t at = 0, len; at < size; at += len + 1, number++) {
        const char *line = text.data + at, *end = memchr(line, '\n', size - at);
        len = end != NULL ? (size_t)(end - line) : size - at;
        struct fl_str word = first_word(line, len);
        struct fl_prefix prefix;
        bool host_bits;
        if (word.len == 0)
            continue;
        if (!fl_prefix_parse(word, &prefix, &host_bits) || host_bits)
            fail_in_list(l, path, number, word);
        else
            push(l, list, prefix);
    }
    fl_buf_dispose(&text);
}

static bool is_service(const struct fl_policy *policy, struct fl_str name)
{
    for (uint32_t i = 0; i < policy->service_count; i++)
        if (fl_str_is(name, policy->services[i].name))
            return true;
    return false;
}

static bool name_is_taken(struct fl_policy_loader *l, struct fl_str name, const char **by)
{
    static const char *const words[] = {"and", "or", "not", "in", "is", "null", "true", "false", "matches", "self"};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (fl_str_is(name, words[i])) {
            *by = "a word of the expression language";
            return true;
        }
    }
    if (fl_field_find(name) != FL_FIELD_NONE) {
        *by = "a field of the record";
        return true;
    }
    if (fl_protocol_find(name) >= 0) {
        *by = "a protocol";
        return true;
    }
    int network = fl_policy_network(l->policy, name);
    if (network >= 0) {
        *by = l->policy->networks[network].builtin ? "a built-in network" : "another network";
        return true;
    }
    *by = "another service";
    return is_service(l->policy, name);
}

static bool is_name(struct fl_str name)
{
    for (size_t i = 0; i < name.len; i++) {
        char c = name.ptr[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
        bool inner_dash = c == '-' && i > 0 && name.ptr[i - 1] != '-' && i + 1 < name.len;
        if (!letter && !inner_dash && (i == 0 || c < '0' || c > '9'))
            return false;
    }
    return name.len > 0;
}

bool fl_load_name(struct fl_policy_loader *l, const struct fl_yaml_node *key)
{
    const char *by;
    if (!is_name(key->text))
        fl_load_fail(l, key, "a name has letters, digits, _ and single - between them, and begins with a letter");
    else if (name_is_taken(l, key->text, &by))
        fl_load_fail(l, key, "\"%.*s\" is taken: it is %s", (int)key->text.len, key->text.ptr, by);
    else
        return true;
    return false;
}

static bool has_tags(const struct fl_inventory *inv, const struct fl_host_entry *e, const struct fl_yaml_node *tags)
{
    for (uint32_t i = 0; i < tags->count; i++) {
        uint32_t value = fl_inventory_tag(inv, e, tags->keys[i]->text);
        if (value == FL_MAP_NONE || !fl_str_equal(inv->texts.keys[value], tags->items[i]->text))
            return false;
    }
    return true;
}

/* Subnets that hold a host with all these tags. Hosts of one subnet follow each other more often than not. */
static void push_tagged(struct fl_policy_loader *l, struct prefixes *list, const struct fl_yaml_node *tags)
{
    const struct fl_inventory *inv = l->policy->inventory;
    uint32_t tagged = 0, found = 0;
    for (uint32_t i = 0; i < inv->count; i++) {
        struct fl_prefix subnet;
        if (!has_tags(inv, &inv->entries[i], tags))
            continue;
        tagged++;
        if (!fl_inventory_subnet(inv, &inv->entries[i], &subnet))
            continue;
        push_once(l, list, subnet);
        found++;
    }
    if (tagged == 0)
        fl_load_fail(l, tags, "no host of the inventory has these tags");
    else if (found == 0)
        fl_load_fail(l, tags, "the inventory does not tell the subnets of these hosts: its column subnet needs CIDRs");
}

/* subnets: { tag: { Tier: batch } } */
static void push_subnets(struct fl_policy_loader *l, struct prefixes *list, const struct fl_yaml_node *node)
{
    const struct fl_yaml_node *tags = node->kind == FL_YAML_MAP ? fl_yaml_get(node, "tag") : NULL;
    bool scalars = tags != NULL && tags->kind == FL_YAML_MAP && tags->count > 0;
    for (uint32_t i = 0; scalars && i < tags->count; i++)
        scalars = tags->items[i]->kind == FL_YAML_SCALAR;
    if (!fl_load_keys(l, node, "subnets", FL_MAP_SUBNETS))
        return;
    if (l->policy->inventory == NULL)
        fl_load_fail(l, node, "networks from subnets need an inventory: [hosts.csv]");
    else if (!scalars)
        fl_load_fail(l, tags != NULL ? tags : node, "subnets are chosen by tags: { tag: { Tier: batch } }");
    else
        push_tagged(l, list, tags);
}

static void load_map(struct fl_policy_loader *l, struct fl_network *n, struct prefixes *in, struct prefixes *out,
                     const struct fl_yaml_node *node)
{
    fl_load_keys(l, node, "a network", FL_MAP_NETWORK);
    const struct fl_yaml_node *cidr = fl_yaml_get(node, "cidr"), *file = fl_yaml_get(node, "file");
    const struct fl_yaml_node *except = fl_yaml_get(node, "except"), *subnets = fl_yaml_get(node, "subnets");
    if (cidr == NULL && file == NULL && subnets == NULL)
        fl_load_fail(l, node, "a network needs cidr, file or subnets");
    if (subnets != NULL)
        push_subnets(l, in, subnets);
    if (cidr != NULL)
        push_members(l, in, cidr);
    if (file != NULL)
        push_file(l, in, file);
    if (except != NULL)
        push_members(l, out, except);
    n->vpc = fl_load_text(l, node, "vpc");
    n->account = fl_load_text(l, node, "account");
}

static void count_network(struct fl_policy_loader *l, const struct fl_network *n)
{
    l->policy->network_count++;
    l->nomem |= fl_map_intern(&l->policy->network_names, fl_str_of(n->name)) == FL_MAP_NONE;
}

static void load_network(struct fl_policy_loader *l, const struct fl_yaml_node *key, const struct fl_yaml_node *node)
{
    struct fl_network *n = &l->policy->networks[l->policy->network_count];
    struct prefixes in = {0}, out = {0};
    bool named = fl_load_name(l, key);
    *n = (struct fl_network){.name = fl_load_copy(l, key->text), .line = key->line, .column = key->column};
    if (node->kind == FL_YAML_MAP)
        load_map(l, n, &in, &out, node);
    else
        push_members(l, &in, node);
    n->prefixes = keep(l, &in, &n->prefix_count);
    n->excepts = keep(l, &out, &n->except_count);
    if (named)
        count_network(l, n);
}

static void add_builtin(struct fl_policy_loader *l, const char *name, struct prefixes *in, struct prefixes *out)
{
    struct fl_network *n = &l->policy->networks[l->policy->network_count];
    *n = (struct fl_network){.name = name, .builtin = true};
    count_network(l, n);
    n->prefixes = keep(l, in, &n->prefix_count);
    n->excepts = keep(l, out, &n->except_count);
}

static void add_space(struct fl_policy_loader *l, const char *name, const char *const texts[])
{
    struct prefixes in = {0}, out = {0};
    push_texts(l, &in, texts);
    add_builtin(l, name, &in, &out);
}

/* Hosts of the inventory, and the subnets that it tells. */
static void push_inventory(struct fl_policy_loader *l, struct prefixes *hosts, struct prefixes *subnets)
{
    const struct fl_inventory *inv = l->policy->inventory;
    for (uint32_t i = 0; inv != NULL && i < inv->count; i++) {
        const struct fl_host_entry *e = &inv->entries[i];
        struct fl_prefix subnet;
        if (e->has_addr && (i == 0 || !fl_addr_equal(inv->entries[i - 1].addr, e->addr)))
            push(l, hosts, (struct fl_prefix){e->addr, 128});
        if (fl_inventory_subnet(inv, e, &subnet))
            push_once(l, subnets, subnet);
    }
}

/* What a provider keeps for itself in a subnet: its first four addresses and the last one. */
static void push_reserved(struct fl_policy_loader *l, struct prefixes *list, struct fl_prefix subnet)
{
    if (subnet.len > 125)
        return;
    push(l, list, (struct fl_prefix){subnet.addr, 126});
    push(l, list, (struct fl_prefix){fl_prefix_last(subnet), 128});
}

/* Own space in which no host is: who knocks there is looking for one. */
static void add_dark(struct fl_policy_loader *l, struct prefixes *own)
{
    struct prefixes in = {0}, out = {0};
    push_inventory(l, &out, &in);
    for (uint32_t i = 0, subnets = in.count; i < subnets; i++)
        push_reserved(l, &out, in.items[i]);
    for (uint32_t i = 0; i < own->count; i++)
        push(l, &in, own->items[i]);
    drop(own);
    add_builtin(l, "dark", &in, &out);
}

/* In the order of enum fl_builtin_network. */
static void add_builtins(struct fl_policy_loader *l, const struct fl_yaml_node *own)
{
    struct prefixes ours = {0}, internet = {0}, except = {0};
    l->policy->has_own = own != NULL;
    if (own != NULL)
        push_members(l, &ours, own);
    struct prefixes subnets = {0}, own_space = {0};
    for (uint32_t i = 0; l->policy->inventory != NULL && i < ours.count; i++)
        push(l, &own_space, ours.items[i]);
    push_inventory(l, &ours, &subnets);
    for (uint32_t i = 0; i < subnets.count; i++)
        push(l, &ours, subnets.items[i]);
    drop(&subnets);
    for (uint32_t i = 0; i < ours.count; i++)
        push(l, &except, ours.items[i]);
    if (ours.count == 0)
        push_texts(l, &ours, private_space);
    struct prefixes none = {0};
    add_builtin(l, "ours", &ours, &none);
    add_space(l, "private", private_space);
    push_texts(l, &internet, any_space);
    push_texts(l, &except, private_space);
    push_texts(l, &except, platform_space);
    push_texts(l, &except, not_unicast);
    add_builtin(l, "internet", &internet, &except);
    add_space(l, "platform", platform_space);
    add_space(l, "metadata", metadata_space);
    add_space(l, "multicast", multicast_space);
    add_space(l, "any", any_space);
    if (l->policy->inventory != NULL)
        add_dark(l, &own_space);
}

void fl_load_networks(struct fl_policy_loader *l, const struct fl_yaml_node *root)
{
    const struct fl_yaml_node *networks = fl_yaml_get(root, "networks");
    bool is_map = networks != NULL && networks->kind == FL_YAML_MAP;
    uint32_t count = is_map ? networks->count : 0;
    l->policy->networks = fl_load_alloc(l, FL_NET_BUILTIN_COUNT + 1 + count, sizeof *l->policy->networks);
    if (l->policy->networks == NULL)
        return;
    add_builtins(l, fl_yaml_get(root, "own"));
    if (networks != NULL && !is_map)
        fl_load_fail(l, networks, "networks must be a map of names");
    for (uint32_t i = 0; i < count; i++)
        load_network(l, networks->keys[i], networks->items[i]);
}

const char *fl_policy_ours_text(const struct fl_policy *policy)
{
    if (policy->inventory == NULL)
        return policy->has_own ? "`own` names" : "private";
    return policy->has_own ? "`own` and the inventory name" : "the inventory names, as there is no `own`";
}
