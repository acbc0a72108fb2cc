/* names.c: the fields that AWS documents, and the orders that come without a header. */
#include "plugins/decoders/aws_vpc/aws_vpc.h"

/* Fields of VPC flow logs by version, then those that only transit gateways have. */
/* clang-format off */
#define VPC_NAMES(X) \
    X(VERSION, "version", NUMBER) X(ACCOUNT_ID, "account-id", ANY) \
    X(INTERFACE_ID, "interface-id", ANY) X(SRCADDR, "srcaddr", ADDR) X(DSTADDR, "dstaddr", ADDR) \
    X(SRCPORT, "srcport", NUMBER) X(DSTPORT, "dstport", NUMBER) X(PROTOCOL, "protocol", NUMBER) \
    X(PACKETS, "packets", NUMBER) X(BYTES, "bytes", NUMBER) X(START, "start", TIME) \
    X(END, "end", TIME) X(ACTION, "action", ACTION) X(LOG_STATUS, "log-status", STATUS) \
    X(VPC_ID, "vpc-id", ANY) X(SUBNET_ID, "subnet-id", ANY) X(INSTANCE_ID, "instance-id", ANY) \
    X(TCP_FLAGS, "tcp-flags", NUMBER) X(TYPE, "type", ANY) X(PKT_SRCADDR, "pkt-srcaddr", ADDR) \
    X(PKT_DSTADDR, "pkt-dstaddr", ADDR) X(REGION, "region", ANY) X(AZ_ID, "az-id", ANY) \
    X(SUBLOCATION_TYPE, "sublocation-type", ANY) X(SUBLOCATION_ID, "sublocation-id", ANY) \
    X(PKT_SRC_AWS_SERVICE, "pkt-src-aws-service", ANY) \
    X(PKT_DST_AWS_SERVICE, "pkt-dst-aws-service", ANY) X(FLOW_DIRECTION, "flow-direction", ANY) \
    X(TRAFFIC_PATH, "traffic-path", NUMBER) X(ECS_CLUSTER_ARN, "ecs-cluster-arn", ANY) \
    X(ECS_CLUSTER_NAME, "ecs-cluster-name", ANY) \
    X(ECS_CONTAINER_INSTANCE_ARN, "ecs-container-instance-arn", ANY) \
    X(ECS_CONTAINER_INSTANCE_ID, "ecs-container-instance-id", ANY) \
    X(ECS_CONTAINER_ID, "ecs-container-id", ANY) \
    X(ECS_SECOND_CONTAINER_ID, "ecs-second-container-id", ANY) \
    X(ECS_SERVICE_NAME, "ecs-service-name", ANY) \
    X(ECS_TASK_DEFINITION_ARN, "ecs-task-definition-arn", ANY) \
    X(ECS_TASK_ARN, "ecs-task-arn", ANY) X(ECS_TASK_ID, "ecs-task-id", ANY) \
    X(REJECT_REASON, "reject-reason", ANY) X(RESOURCE_ID, "resource-id", ANY) \
    X(ENCRYPTION_STATUS, "encryption-status", NUMBER) X(INSTANCE_TAG, "instance-tag", ANY) \
    X(INSTANCE_TAG_2, "instance-tag-2", ANY) X(INTERFACE_TAG, "interface-tag", ANY) \
    X(INTERFACE_TAG_2, "interface-tag-2", ANY) X(ASG_TAG, "asg-tag", ANY) \
    X(ASG_TAG_2, "asg-tag-2", ANY) X(INTERFACE_TYPE, "interface-type", ANY) \
    X(NEXT_HOP_INTERFACE_ID, "next-hop-interface-id", ANY) \
    X(NEXT_HOP_SUBNET_ID, "next-hop-subnet-id", ANY) X(NEXT_HOP_AZ_ID, "next-hop-az-id", ANY) \
    X(NEXT_HOP_VPC_ID, "next-hop-vpc-id", ANY) \
    X(NEXT_HOP_INTERFACE_TYPE, "next-hop-interface-type", ANY) \
    X(RESOURCE_TYPE, "resource-type", ANY) X(TGW_ID, "tgw-id", ANY) \
    X(TGW_ATTACHMENT_ID, "tgw-attachment-id", ANY) \
    X(TGW_SRC_VPC_ACCOUNT_ID, "tgw-src-vpc-account-id", ANY) \
    X(TGW_DST_VPC_ACCOUNT_ID, "tgw-dst-vpc-account-id", ANY) \
    X(TGW_SRC_VPC_ID, "tgw-src-vpc-id", ANY) X(TGW_DST_VPC_ID, "tgw-dst-vpc-id", ANY) \
    X(TGW_SRC_SUBNET_ID, "tgw-src-subnet-id", ANY) \
    X(TGW_DST_SUBNET_ID, "tgw-dst-subnet-id", ANY) X(TGW_SRC_ENI, "tgw-src-eni", ANY) \
    X(TGW_DST_ENI, "tgw-dst-eni", ANY) X(TGW_SRC_AZ_ID, "tgw-src-az-id", ANY) \
    X(TGW_DST_AZ_ID, "tgw-dst-az-id", ANY) \
    X(TGW_PAIR_ATTACHMENT_ID, "tgw-pair-attachment-id", ANY) \
    X(PACKETS_LOST_NO_ROUTE, "packets-lost-no-route", NUMBER) \
    X(PACKETS_LOST_BLACKHOLE, "packets-lost-blackhole", NUMBER) \
    X(PACKETS_LOST_MTU_EXCEEDED, "packets-lost-mtu-exceeded", NUMBER) \
    X(PACKETS_LOST_TTL_EXPIRED, "packets-lost-ttl-expired", NUMBER) \
    X(TIMESTAMP, "timestamp", ANY)
/* clang-format on */

enum {
#define X(ID, text, check) N_##ID,
    VPC_NAMES(X)
#undef X
        NAME_COUNT
};

const struct fl_vpc_name fl_vpc_names[] = {
#define X(ID, text, check) {text, FL_VPC_##check},
    VPC_NAMES(X)
#undef X
};

#define DEFAULT_NAMES                                                                                                  \
    N_VERSION, N_ACCOUNT_ID, N_INTERFACE_ID, N_SRCADDR, N_DSTADDR, N_SRCPORT, N_DSTPORT, N_PROTOCOL, N_PACKETS,        \
        N_BYTES, N_START, N_END, N_ACTION, N_LOG_STATUS

/* Every version's fields in AWS's order are a prefix of this. */
static const uint8_t documented[] = {
    DEFAULT_NAMES,
    N_VPC_ID,
    N_SUBNET_ID,
    N_INSTANCE_ID,
    N_TCP_FLAGS,
    N_TYPE,
    N_PKT_SRCADDR,
    N_PKT_DSTADDR,
    N_REGION,
    N_AZ_ID,
    N_SUBLOCATION_TYPE,
    N_SUBLOCATION_ID,
    N_PKT_SRC_AWS_SERVICE,
    N_PKT_DST_AWS_SERVICE,
    N_FLOW_DIRECTION,
    N_TRAFFIC_PATH,
    N_ECS_CLUSTER_ARN,
    N_ECS_CLUSTER_NAME,
    N_ECS_CONTAINER_INSTANCE_ARN,
    N_ECS_CONTAINER_INSTANCE_ID,
    N_ECS_CONTAINER_ID,
    N_ECS_SECOND_CONTAINER_ID,
    N_ECS_SERVICE_NAME,
    N_ECS_TASK_DEFINITION_ARN,
    N_ECS_TASK_ARN,
    N_ECS_TASK_ID,
    N_REJECT_REASON,
    N_RESOURCE_ID,
    N_ENCRYPTION_STATUS,
    N_INSTANCE_TAG,
    N_INSTANCE_TAG_2,
    N_INTERFACE_TAG,
    N_INTERFACE_TAG_2,
    N_ASG_TAG,
    N_ASG_TAG_2,
    N_INTERFACE_TYPE,
    N_NEXT_HOP_INTERFACE_ID,
    N_NEXT_HOP_SUBNET_ID,
    N_NEXT_HOP_AZ_ID,
    N_NEXT_HOP_VPC_ID,
    N_NEXT_HOP_INTERFACE_TYPE,
};

/* What the console delivers when all fields up to version 5 are ticked. */
static const uint8_t alphabetical[] = {
    N_ACCOUNT_ID,
    N_ACTION,
    N_AZ_ID,
    N_BYTES,
    N_DSTADDR,
    N_DSTPORT,
    N_END,
    N_FLOW_DIRECTION,
    N_INSTANCE_ID,
    N_INTERFACE_ID,
    N_LOG_STATUS,
    N_PACKETS,
    N_PKT_DST_AWS_SERVICE,
    N_PKT_DSTADDR,
    N_PKT_SRC_AWS_SERVICE,
    N_PKT_SRCADDR,
    N_PROTOCOL,
    N_REGION,
    N_SRCADDR,
    N_SRCPORT,
    N_START,
    N_SUBLOCATION_ID,
    N_SUBLOCATION_TYPE,
    N_SUBNET_ID,
    N_TCP_FLAGS,
    N_TRAFFIC_PATH,
    N_TYPE,
    N_VERSION,
    N_VPC_ID,
};

/* CloudWatch Logs writes its own time before each line that it exports to S3. */
static const uint8_t exported[] = {N_TIMESTAMP, DEFAULT_NAMES};

static const uint8_t transit_gateway[] = {
    N_VERSION,
    N_RESOURCE_TYPE,
    N_ACCOUNT_ID,
    N_TGW_ID,
    N_TGW_ATTACHMENT_ID,
    N_TGW_SRC_VPC_ACCOUNT_ID,
    N_TGW_DST_VPC_ACCOUNT_ID,
    N_TGW_SRC_VPC_ID,
    N_TGW_DST_VPC_ID,
    N_TGW_SRC_SUBNET_ID,
    N_TGW_DST_SUBNET_ID,
    N_TGW_SRC_ENI,
    N_TGW_DST_ENI,
    N_TGW_SRC_AZ_ID,
    N_TGW_DST_AZ_ID,
    N_TGW_PAIR_ATTACHMENT_ID,
    N_SRCADDR,
    N_DSTADDR,
    N_SRCPORT,
    N_DSTPORT,
    N_PROTOCOL,
    N_PACKETS,
    N_BYTES,
    N_START,
    N_END,
    N_LOG_STATUS,
    N_TYPE,
    N_PACKETS_LOST_NO_ROUTE,
    N_PACKETS_LOST_BLACKHOLE,
    N_PACKETS_LOST_MTU_EXCEEDED,
    N_PACKETS_LOST_TTL_EXPIRED,
    N_TCP_FLAGS,
    N_REGION,
    N_FLOW_DIRECTION,
    N_PKT_SRC_AWS_SERVICE,
    N_PKT_DST_AWS_SERVICE,
};

/* Where two have the same count and fit equally well, the first is taken. */
const struct fl_vpc_order fl_vpc_orders[] = {
    {"default 14 columns", documented, 14},
    {"29 columns in documented order", documented, 29},
    {"29 columns in alphabetical order", alphabetical, 29},
    {"21 columns in documented order", documented, 21},
    {"25 columns in documented order", documented, 25},
    {"39 columns in documented order", documented, 39},
    {"40 columns in documented order", documented, 40},
    {"41 columns in documented order", documented, 41},
    {"42 columns in documented order", documented, 42},
    {"54 columns in documented order", documented, 54},
    {"36 columns of transit gateways", transit_gateway, 36},
    {"time of export and default 14 columns", exported, 15},
};
const uint32_t fl_vpc_order_count = sizeof(fl_vpc_orders) / sizeof(fl_vpc_orders[0]);
const struct fl_vpc_order fl_vpc_order_tgw = {"--format", transit_gateway, 36};

_Static_assert(sizeof(documented) == 54, "VPC fields of versions 2 to 11");
_Static_assert(sizeof(alphabetical) == 29, "VPC fields of versions 2 to 5");
_Static_assert(sizeof(transit_gateway) == 36, "transit gateway fields");

static char plain(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
}

/* srcaddr, srcAddr, log-status, log_status and logStatus: only letters and digits count. */
static bool same_name(const char *known, const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (text[i] == '-' || text[i] == '_')
            continue;
        while (*known == '-')
            known++;
        if (plain(text[i]) != *known++)
            return false;
    }
    return !*known;
}

bool fl_vpc_name_known(const char *text, size_t len)
{
    for (uint32_t i = 0; i < NAME_COUNT; i++)
        if (i != N_TIMESTAMP && same_name(fl_vpc_names[i].text, text, len))
            return true;
    return false;
}
