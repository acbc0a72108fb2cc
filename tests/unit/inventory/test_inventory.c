/* Hosts: how a record's ends are found, whatever the order of files. */
#include "core/inventory/inventory.h"
#include "tests/unit/cmocka_all.h"

static struct fl_inventory inventory;
static struct fl_error_list errors;

static const char first[] = "address,interface,vpc,name,sg,tags\n"
                            "10.0.0.5,eni-a,vpc-1,a,sg-2;sg-1;sg-2,Tier=web;Owner=x=y\n"
                            "10.0.0.6,eni-a,vpc-1,a2,,\n"
                            "10.0.0.7,,,lonely,,\n"
                            ",eni-bare,vpc-2,bare,,aws:team=net\n";
static const char second[] = "vpc,address,interface,name\nvpc-2,10.0.0.5,eni-b,b\n";

static int setup(void **state)
{
    (void)state;
    fl_inventory_init(&inventory);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    fl_inventory_dispose(&inventory);
    fl_error_list_dispose(&errors);
    errors = (struct fl_error_list){0};
    return 0;
}

static void load(bool turned)
{
    for (int i = 0; i < 2; i++)
        assert_int_equal(fl_inventory_add_csv(&inventory, fl_str_of((i == 0) != turned ? first : second), "f", &errors),
                         FL_OK);
    assert_int_equal(fl_inventory_seal(&inventory, &errors), FL_OK);
}

static const char *name_of(uint32_t entry)
{
    if (entry == UINT32_MAX)
        return "-";
    uint32_t name = inventory.entries[entry].texts[FL_HOST_NAME];
    return name == FL_MAP_NONE ? "?" : inventory.texts.keys[name].ptr;
}

static const char *find(const char *addr, const char *vpc)
{
    struct fl_addr a;
    assert_true(fl_addr_parse(fl_str_of(addr), &a));
    return name_of(fl_inventory_find(&inventory, a, fl_inventory_text(&inventory, fl_str_of(vpc))));
}

static const char *of_interface(const char *interface, const char *addr)
{
    struct fl_addr a;
    assert_true(fl_addr_parse(fl_str_of(addr), &a));
    return name_of(fl_inventory_of_interface(&inventory, fl_inventory_text(&inventory, fl_str_of(interface)), a));
}

static void check_found(bool turned)
{
    load(turned);
    assert_string_equal(find("10.0.0.5", "vpc-1"), "a");
    assert_string_equal(find("10.0.0.5", "vpc-2"), "b");
    assert_string_equal(find("10.0.0.5", "vpc-3"), "-"); /* which of the two is not known */
    assert_string_equal(find("10.0.0.7", "vpc-1"), "lonely");
    assert_string_equal(find("10.0.0.8", "vpc-1"), "-");
    assert_string_equal(of_interface("eni-a", "10.0.0.6"), "a2");
    assert_string_equal(of_interface("eni-a", "192.0.2.1"), "a");
    assert_string_equal(of_interface("eni-bare", "192.0.2.1"), "bare");
    assert_string_equal(of_interface("eni-none", "10.0.0.5"), "-");
}

static void test_inventory__hosts_are_found(void **state)
{
    (void)state;
    check_found(false);
}

static void test_inventory__the_order_of_files_means_nothing(void **state)
{
    (void)state;
    check_found(true);
}

static void test_inventory__groups_are_a_sorted_set_and_tags_have_values(void **state)
{
    (void)state;
    load(false);
    struct fl_addr a;
    fl_addr_parse(FL_STR("10.0.0.5"), &a);
    const struct fl_host_entry *e =
        &inventory.entries[fl_inventory_find(&inventory, a, fl_inventory_text(&inventory, FL_STR("vpc-1")))];
    assert_string_equal(inventory.texts.keys[e->texts[FL_HOST_SG]].ptr, "sg-1;sg-2");
    assert_string_equal(inventory.texts.keys[fl_inventory_tag(&inventory, e, FL_STR("Owner"))].ptr, "x=y");
    assert_int_equal(fl_inventory_tag(&inventory, e, FL_STR("owner")), FL_MAP_NONE);
    e = &inventory.entries[inventory.count - 1];
    assert_string_equal(inventory.texts.keys[fl_inventory_tag(&inventory, e, FL_STR("aws_team"))].ptr, "net");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_inventory__hosts_are_found, setup, teardown),
        cmocka_unit_test_setup_teardown(test_inventory__the_order_of_files_means_nothing, setup, teardown),
        cmocka_unit_test_setup_teardown(test_inventory__groups_are_a_sorted_set_and_tags_have_values, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
