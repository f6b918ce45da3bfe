/* SPDX-License-Identifier: Apache-2.0
 *
 * What the test plugins share: an instance that only holds the SDK, and one option, `act`, that
 * says what a run should do.
 */
#ifndef TAJO_TEST_PROBE_H
#define TAJO_TEST_PROBE_H

#include "tajo/sdk.h"

#include <stdlib.h>

struct probe {
    struct tajo_sdk sdk;
    struct tajo_str act;
};

static int32_t probe_create(const struct tajo_host *host, struct tajo_ctx *ctx, void **ret)
{
    struct probe *probe = calloc(1, sizeof(*probe));
    if (probe == NULL)
        abort();
    probe->sdk.host = host;
    probe->sdk.ctx = ctx;
    tajo_option_string(&probe->sdk, "act", &probe->act);
    *ret = probe;
    return TAJO_OK;
}

static void probe_destroy(void *instance)
{
    free(instance);
}

static const struct tajo_option probe_act = {
    .size = sizeof(struct tajo_option),
    .type = TAJO_TYPE_STRING,
    .name = TAJO_STR("act"),
    .help = TAJO_STR("What a run does."),
};
static const struct tajo_option *const probe_options[] = {&probe_act};

static const struct tajo_auth probe_auth = {.size = sizeof(struct tajo_auth)};

static inline int probe_acts(const struct probe *probe, const char *act)
{
    return tajo_str_equals(probe->act, act);
}

#define PROBE_DESCRIPTOR(name_of_source, table_of_ops)                                             \
    .size = sizeof(struct tajo_descriptor), .abi_major = TAJO_ABI_MAJOR,                           \
    .abi_minor_built = TAJO_ABI_MINOR, .abi_minor_needed = 1,                                      \
    .capabilities = TAJO_CAN_FULL | TAJO_CAN_INCREMENTAL | TAJO_CAN_SINCE | TAJO_CAN_REFRESH,      \
    .platform = TAJO_STR("probe"), .source = TAJO_STR(name_of_source),                             \
    .version = TAJO_STR("1.0.0"), .summary = TAJO_STR("A plugin for tests."),                      \
    .licence = TAJO_STR("Apache-2.0"), .auth = &probe_auth, .ops = (table_of_ops),                 \
    .options = probe_options, .option_count = 1

#endif
