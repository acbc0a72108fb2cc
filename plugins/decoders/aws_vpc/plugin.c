/* plugin.c: the descriptor of the aws_vpc decoder and the life of its objects. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "plugins/decoders/aws_vpc/aws_vpc.h"

/* Fields that say what traffic there was; a NODATA or SKIPDATA line has none of them. */
static const char *const data_names[] = {
    "srcaddr",
    "dstaddr",
    "srcport",
    "dstport",
    "protocol",
    "packets",
    "bytes",
    "action",
    "tcp-flags",
    "pkt-srcaddr",
    "pkt-dstaddr",
    "pkt-src-aws-service",
    "pkt-dst-aws-service",
};

const struct fl_vpc_kernels *fl_vpc_kernels_choose(char *error, size_t error_bytes)
{
    const char *forced = getenv("FL_KERNELS");
    const struct fl_vpc_kernels *sets[3] = {&fl_vpc_kernels_portable};
    uint32_t n = 1;

    if (forced && !*forced)
        forced = NULL;
#if defined(__x86_64__)
    __builtin_cpu_init();
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi") && __builtin_cpu_supports("bmi2") &&
        __builtin_cpu_supports("popcnt")) {
        sets[n++] = &fl_vpc_kernels_avx2;
        if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
            __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq") &&
            __builtin_cpu_supports("avx512vbmi") && __builtin_cpu_supports("avx512vbmi2"))
            sets[n++] = &fl_vpc_kernels_avx512;
    }
#endif
    if (!forced)
        return sets[n - 1];
    for (uint32_t i = 0; i < n; i++)
        if (!strcmp(sets[i]->name, forced))
            return sets[i];
    snprintf(error, error_bytes, "FL_KERNELS=%s: not available on this processor", forced);
    return NULL;
}

static void v4_add(struct fl_vpc_v4_table *table, const uint32_t len[4])
{
    static const uint32_t least[4] = {0, 0, 10, 100};
    struct fl_vpc_v4_form form;
    uint32_t dots = 0, slot, end = 0;

    for (uint32_t octet = 0; octet < 4; octet++) {
        end += len[octet];
        dots |= 1u << end;
        form.least[octet] = least[len[octet]];
        for (uint32_t i = 0; i < 4; i++)
            form.shuffle[octet * 4 + i] = 4 - i > len[octet] ? 0x80 : (uint8_t)(end - 4 + i);
        end++;
    }
    slot = FL_VPC_V4_HASH(dots);
    table->dots[slot] = (uint16_t)dots;
    table->forms[slot] = form;
}

static void v4_init(struct fl_vpc_v4_table *table)
{
    uint32_t len[4];

    memset(table, 0, sizeof(*table));
    for (len[0] = 1; len[0] < 4; len[0]++)
        for (len[1] = 1; len[1] < 4; len[1]++)
            for (len[2] = 1; len[2] < 4; len[2]++)
                for (len[3] = 1; len[3] < 4; len[3]++)
                    v4_add(table, len);
}

static void find_fields(struct fl_vpc *self)
{
    self->status_field = self->host->field("log-status", strlen("log-status"));
    for (size_t i = 0; i < sizeof(data_names) / sizeof(data_names[0]); i++) {
        uint32_t field = self->host->field(data_names[i], strlen(data_names[i]));

        if (field != FLP_NO_FIELD)
            self->data_fields[self->data_field_count++] = field;
    }
}

static void decoder_close(void *context)
{
    struct fl_vpc *self = context;

    if (!self)
        return;
    free(self->ends.bytes);
    free(self->clean_ends.bytes);
    free(self->clean.bytes);
    free(self->spans.bytes);
    free(self->unknown.bytes);
    free(self->picked.bytes);
    free(self->wanted);
    free(self);
}

static void *decoder_open(const struct flp_host *host, const struct flp_open *how, char *error, size_t error_bytes)
{
    const struct fl_vpc_kernels *kernels = fl_vpc_kernels_choose(error, error_bytes);
    struct fl_vpc *self;

    if (!kernels)
        return NULL;
    self = calloc(1, sizeof(*self));
    if (self)
        self->wanted = calloc(how->wanted_words + 1, sizeof(uint64_t));
    if (!self || !self->wanted) {
        free(self);
        return NULL;
    }
    memcpy(self->wanted, how->wanted, how->wanted_words * sizeof(uint64_t));
    self->wanted_words = how->wanted_words;
    self->host = host;
    self->kernels = kernels;
    v4_init(&self->v4);
    find_fields(self);
    if (how->told_format) {
        self->has_told = true;
        if (!fl_vpc_layout_from_format(self, &self->told, how->told_format, error, error_bytes)) {
            decoder_close(self);
            return NULL;
        }
    }
    return self;
}

static bool decoder_begin(void *context, const char *text, size_t len, char *error, size_t error_bytes)
{
    struct fl_vpc *self = context;
    struct fl_vpc_guess guess;

    self->look_ahead = true;
    self->layout.count = 0;
    self->layout.origin = "none";
    if (self->has_told) {
        self->layout = self->told;
        return true;
    }
    guess = fl_vpc_guess(text, len, fl_vpc_host_knows, self);
    if (guess.order) {
        fl_vpc_layout_from_order(self, &self->layout, guess.order);
        return true;
    }
    /* What stands before the header is refused line by line. */
    if (guess.header || !guess.lines)
        return true;
    snprintf(error, error_bytes,
             "no header line, and lines of %u fields fit no layout that is known: name the "
             "columns, as in "
             "--format '${version} ${account-id} ...'",
             guess.fields);
    return false;
}

static bool decoder_header(void *context, const char *line, size_t len, char *error, size_t error_bytes)
{
    struct fl_vpc *self = context;

    self->look_ahead = true;
    return fl_vpc_layout_from_header(self, line, len, error, error_bytes);
}

static void decoder_adopt(void *context, const void *from)
{
    struct fl_vpc *self = context;

    self->layout = ((const struct fl_vpc *)from)->layout;
    self->look_ahead = false;
}

static const char *decoder_layout_origin(void *context)
{
    const struct fl_vpc *self = context;

    return self->layout.origin ? self->layout.origin : "none";
}

static void decoder_layout_fields(void *context, uint64_t *bits, uint32_t words)
{
    const struct fl_vpc *self = context;

    memset(bits, 0, words * sizeof(*bits));
    for (uint32_t i = 0; i < self->layout.count; i++) {
        uint32_t field = self->layout.columns[i].field;

        if (field != FLP_NO_FIELD && field / 64 < words)
            bits[field / 64] |= UINT64_C(1) << field % 64;
    }
}

static void decoder_fields(void *context, const char *line, size_t len,
                           void (*emit)(void *, const char *, size_t, const char *, size_t), void *emit_context)
{
    const struct fl_vpc *self = context;
    const struct fl_vpc_layout *layout = &self->layout;
    struct fl_vpc_span spans[FL_VPC_COLUMNS_MAX];
    size_t next;
    uint32_t n = fl_vpc_split(line, fl_vpc_line(line, len, &next), spans, FL_VPC_COLUMNS_MAX);

    for (uint32_t i = 0; i < n && i < layout->count; i++) {
        const struct fl_vpc_column *c = &layout->columns[i];

        emit(emit_context, layout->names + c->name, c->name_len, line + spans[i].start, spans[i].len);
    }
}

static const struct flp_decoder decoder = {
    .size = sizeof(struct flp_decoder),
    .probe = fl_vpc_probe,
    .open = decoder_open,
    .close = decoder_close,
    .begin = decoder_begin,
    .decode = fl_vpc_decode,
    .header = decoder_header,
    .layout_origin = decoder_layout_origin,
    .layout_fields = decoder_layout_fields,
    .fields = decoder_fields,
    .fill = fl_vpc_fill,
    .adopt = decoder_adopt,
    .next_header = fl_vpc_next_header,
};

extern const struct flp_plugin flp_plugin_aws_vpc;
const struct flp_plugin flp_plugin_aws_vpc = {
    .abi = FLP_ABI,
    .size = sizeof(struct flp_plugin),
    .kind = FLP_DECODER,
    .name = "aws_vpc",
    .summary = "AWS VPC and transit gateway flow logs, versions 2 to 11",
    .functions = &decoder,
};
