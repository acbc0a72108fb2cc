/* inventory.h: which hosts there are: what an address or interface is called, and where it belongs.
 *
 * Filled by importers while a policy loads, then sealed and read-only, for all threads. Texts are kept once and known
 * by number; FL_MAP_NONE means that the inventory does not tell. What it cannot resolve is unknown.
 */
#ifndef FL_INVENTORY_INVENTORY_H
#define FL_INVENTORY_INVENTORY_H

#include "core/base/addr.h"
#include "core/base/map.h"
#include "core/base/status.h"

enum fl_host_text {
    FL_HOST_NAME,
    FL_HOST_SUBNET,
    FL_HOST_AZ,
    FL_HOST_VPC,
    FL_HOST_SG, /* several in byte order, joined by ; */
    FL_HOST_ACCOUNT,
    FL_HOST_INTERFACE,
    FL_HOST_TEXT_COUNT
};

struct fl_host_tag {
    uint32_t key, value;
};

/* One address of one interface; either may be missing, not both. */
struct fl_host_entry {
    struct fl_addr addr;
    bool has_addr;
    uint32_t texts[FL_HOST_TEXT_COUNT];
    struct fl_host_tag *tags;
    uint32_t tag_count;
    const char *file; /* where it stands */
    uint32_t line, column;
};

struct fl_inventory {
    struct fl_arena arena;
    struct fl_map texts;
    struct fl_host_entry *entries; /* sealed: by (address, vpc), those without an address last */
    uint32_t count, capacity;
    uint32_t *by_interface; /* sealed: entries with an interface, by it, then address */
    uint32_t interface_entries;
    uint32_t *first_of_text; /* sealed: by text, the first place in by_interface + 1; 0: it is no interface */
    uint32_t *slots;         /* sealed: hash of addresses -> first entry + 1 */
    uint32_t slot_mask;
    int64_t as_of_ms; /* INT64_MIN: not told */
};

void fl_inventory_init(struct fl_inventory *inventory);
void fl_inventory_dispose(struct fl_inventory *inventory);

/* Reads a flat CSV with a header; file names it in errors, all of which are added. FL_OK only without one. */
enum fl_status fl_inventory_add_csv(struct fl_inventory *inventory, struct fl_str text, const char *file,
                                    struct fl_error_list *errors);
/* One entry whose columns are given one by one; fl_inventory_begin() makes it. Errors have no place. */
struct fl_host_entry *fl_inventory_begin(struct fl_inventory *inventory, const char *file, uint32_t line,
                                         uint32_t column);
enum fl_status fl_inventory_set(struct fl_inventory *inventory, struct fl_host_entry *entry, struct fl_str column,
                                struct fl_str value, struct fl_error *err);
/* To be called when every column of the newest entry is set. */
enum fl_status fl_inventory_check(struct fl_inventory *inventory, struct fl_error *err);
/* Is there such a column? If not, *guess is a near one or NULL. */
bool fl_inventory_column(struct fl_str name, const char **guess);

/* After the last entry. Two entries of one address in one VPC are an error. */
enum fl_status fl_inventory_seal(struct fl_inventory *inventory, struct fl_error_list *errors);

/* The text's number, or FL_MAP_NONE when no entry has it. */
static inline uint32_t fl_inventory_text(const struct fl_inventory *inventory, struct fl_str text)
{
    return fl_map_find(&inventory->texts, text);
}
/* Entries of an interface: the first place in by_interface and how many. */
uint32_t fl_inventory_interface(const struct fl_inventory *inventory, uint32_t interface, uint32_t *count);
/* The entry of the address in the VPC (FL_MAP_NONE: not known). Where it is not known or has no such entry, the only
 * entry of the address. UINT32_MAX: none, or it cannot be told which. */
uint32_t fl_inventory_find(const struct fl_inventory *inventory, struct fl_addr addr, uint32_t vpc);
/* The entry of an address of this interface; another one of the interface, which shares all but the address. */
uint32_t fl_inventory_of_interface(const struct fl_inventory *inventory, uint32_t interface, struct fl_addr addr);
/* The value of a tag; FL_MAP_NONE. Characters that cannot stand in a field's name match _. */
uint32_t fl_inventory_tag(const struct fl_inventory *inventory, const struct fl_host_entry *entry, struct fl_str key);
/* The subnet of the entry as a prefix; false when it is none. */
bool fl_inventory_subnet(const struct fl_inventory *inventory, const struct fl_host_entry *entry,
                         struct fl_prefix *out);

#endif
