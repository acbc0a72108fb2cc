/* ports.c: the shipped list of ports that usually serve (docs/ports.md). */
#include "core/policy/policy.h"

static const uint16_t both[] = {53, 88, 111, 123, 161, 162, 389, 500, 514, 636, 1194, 2049, 3478, 4500, 5060, 5061};
static const uint16_t tcp_only[] = {
    20,   21,   22,   23,   25,    80,    110,   119,   135,   139,   143,   179,   443,   445,   465,  515,
    587,  631,  873,  902,  989,   990,   992,   993,   995,   1080,  1433,  1434,  1521,  1723,  1883, 2181,
    2375, 2376, 2379, 2380, 3000,  3128,  3260,  3268,  3269,  3306,  3389,  4222,  5000,  5044,  5222, 5432,
    5433, 5601, 5671, 5672, 5900,  5984,  5985,  5986,  6379,  6380,  6443,  6667,  7000,  7001,  7077, 7474,
    7687, 8000, 8008, 8080, 8081,  8086,  8088,  8090,  8123,  8125,  8140,  8161,  8200,  8300,  8301, 8333,
    8443, 8500, 8529, 8600, 8834,  8883,  8888,  9000,  9042,  9090,  9091,  9092,  9093,  9100,  9160, 9200,
    9300, 9418, 9443, 9999, 10050, 10051, 10250, 11211, 15672, 16379, 26257, 27017, 27018, 27019, 28015};
static const uint16_t udp_only[] = {67,   68,   69,   137,  138,  443,  1434, 1701, 1812,
                                    1813, 3702, 4789, 5353, 5355, 6081, 8125, 8472, 51820};

static void set_bits(uint64_t *bits, const uint16_t *list, size_t count)
{
    for (size_t i = 0; i < count; i++)
        bits[list[i] >> 6] |= UINT64_C(1) << (list[i] & 63);
}

void fl_listed_services(uint64_t tcp[1024], uint64_t udp[1024])
{
    set_bits(tcp, both, sizeof both / sizeof both[0]);
    set_bits(udp, both, sizeof both / sizeof both[0]);
    set_bits(tcp, tcp_only, sizeof tcp_only / sizeof tcp_only[0]);
    set_bits(udp, udp_only, sizeof udp_only / sizeof udp_only[0]);
}
