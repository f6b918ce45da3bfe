/* SPDX-License-Identifier: Apache-2.0
 *
 * A plugin author's C11: both headers compile pedantically, alone, and in any order.
 */
#include "tajo/sdk.h"

#include "tajo/plugin.h"

#include "layout_lp64.h"

static int32_t create(const struct tajo_host *host, struct tajo_ctx *ctx, void **ret)
{
    static struct tajo_sdk sdk;
    sdk.host = host;
    sdk.ctx = ctx;
    *ret = &sdk;
    return tajo_should_stop(&sdk) != 0 ? TAJO_E_STOPPED : TAJO_OK;
}

static void destroy(void *instance)
{
    tajo_log((const struct tajo_sdk *)instance, TAJO_LOG_INFO, "%s", "ends");
}

static const struct tajo_ops ops = {
    .size = sizeof(struct tajo_ops), .create = create, .destroy = destroy};
static const struct tajo_descriptor descriptor = {
    .size = sizeof(struct tajo_descriptor), .platform = TAJO_STR("probe"), .ops = &ops};

const struct tajo_descriptor *tajo_plugin_entry_v1(void)
{
    return &descriptor;
}
