/* service.c: named services: lists of protocol/port. */
#include "core/policy/load.h"

static uint32_t count_ports(const struct fl_set_item *items, uint32_t count)
{
    uint32_t ports = 0;
    for (uint32_t i = 0; i < count; i++)
        ports += (uint32_t)(items[i].high - items[i].low) + 1;
    return ports;
}

static void add_item(struct fl_policy_loader *l, struct fl_service_def *s, struct fl_set_item *items,
                     const struct fl_yaml_node *node)
{
    struct fl_expr_env env = {0};
    const struct fl_node *set;
    struct fl_error err;
    if (node->kind != FL_YAML_SCALAR) {
        fl_load_fail(l, node, "a service is written tcp/443, udp/53..55 or icmp");
    } else if (fl_expr_parse_param(node->text, FL_P_SERVICE, &env, &l->policy->arena, &set, &err) != FL_OK) {
        bool unknown = err.code == FL_E_NAME || err.code == FL_E_TYPE;
        fl_load_fail(l, node, "\"%.*s\" is no service%s%s%s; write tcp/443, udp/53..55 or icmp", (int)node->text.len,
                     node->text.ptr, unknown ? "" : " (", unknown ? "" : err.text, unknown ? "" : ")");
    } else if (set->item_count != 1) {
        fl_load_fail(l, node, "one service stands here; write several as a list: [tcp/80, tcp/443]");
    } else {
        items[s->item_count++] = set->items[0];
    }
}

void fl_load_services(struct fl_policy_loader *l, const struct fl_yaml_node *root)
{
    const struct fl_yaml_node *services = fl_load_of_kind(l, root, "services", FL_YAML_MAP, "a map of names");
    if (services == NULL)
        return;
    l->policy->services = fl_load_alloc(l, services->count, sizeof *l->policy->services);
    for (uint32_t i = 0; l->policy->services != NULL && i < services->count; i++) {
        const struct fl_yaml_node *key = services->keys[i], *node = services->items[i];
        struct fl_service_def *s = &l->policy->services[l->policy->service_count];
        *s = (struct fl_service_def){.name = fl_load_copy(l, key->text), .line = key->line, .column = key->column};
        uint32_t count = node->kind == FL_YAML_LIST ? node->count : 1;
        struct fl_set_item *items = fl_load_alloc(l, count, sizeof *items);
        for (uint32_t k = 0; items != NULL && k < count; k++)
            add_item(l, s, items, node->kind == FL_YAML_LIST ? node->items[k] : node);
        s->items = items;
        s->port_count = count_ports(items, s->item_count);
        if (fl_load_name(l, key))
            l->policy->service_count++;
    }
}
