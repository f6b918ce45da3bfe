/* SPDX-License-Identifier: Apache-2.0 */
#include "base/descriptor.h"
#include "base/mem.h"
#include "worker/internal.h"

#include <stdlib.h>
#include <string.h>

#define MAX_VALUES    1024u
#define MAX_EXPANSION 65536u

static int same(struct tajo_str a, struct tajo_str b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.data, b.data, a.len) == 0);
}

static struct option_value *find_option(const struct tajo_ctx *ctx, struct tajo_str name)
{
    for (size_t i = 0; i < ctx->option_count; i++)
        if (same(ctx->options[i].declared.name, name))
            return &ctx->options[i];
    return NULL;
}

static void declare(struct tajo_ctx *ctx, const struct tajo_option *const *table, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        struct_take(&ctx->options[ctx->option_count++].declared, sizeof(struct tajo_option),
                    SIZE_WITH(struct tajo_option, help), table[i]);
}

static int is_secret(const struct option_value *option)
{
    return (option->declared.flags & TAJO_OPTION_SECRET) != 0;
}

/* The default with every ${name} replaced. Unset when a name is: half a URL helps nobody. The
 * descriptor check has ruled out circles, secrets and unknown names. */
static void use_default(struct tajo_ctx *ctx, struct option_value *option)
{
    struct tajo_str def = option->declared.def;
    struct strbuf text = STRBUF_INIT;
    struct tajo_str name = {NULL, 0};
    size_t at = 0;
    size_t start = 0;
    size_t copied = 0;
    if (option->has_value || is_secret(option) || def.len == 0)
        return;
    while (descriptor_next_reference(def, &at, &start, &name) > 0) {
        struct option_value *other = find_option(ctx, name);
        if (other != NULL)
            use_default(ctx, other);
        if (other == NULL || !other->has_value || text.len + other->value.len > MAX_EXPANSION) {
            strbuf_release(&text);
            return;
        }
        strbuf_add(&text, def.data + copied, start - copied);
        strbuf_add(&text, other->value.data, other->value.len);
        copied = at;
    }
    if (copied > 0) {
        strbuf_add(&text, def.data + copied, def.len - copied);
        def.len = text.len;
        def.data = option->owned = strbuf_detach(&text);
    }
    option->value = def;
    option->has_value = 1;
}

int options_take(struct tajo_ctx *ctx, struct frame *frame)
{
    struct wire_reader r = wire_read(frame->payload, frame->len);
    const struct tajo_descriptor *d = &ctx->loaded.descriptor;
    const struct tajo_auth *auth = &ctx->loaded.auth;
    ctx->options = mem_array((size_t)d->option_count + auth->setting_count, sizeof(*ctx->options));
    declare(ctx, d->options, d->option_count);
    declare(ctx, auth->settings, auth->setting_count);
    uint32_t count = wire_get_u32(&r);
    if (count > MAX_VALUES)
        r.bad = 1;
    for (uint32_t i = 0; i < count && wire_ok(&r); i++) {
        struct tajo_str name = wire_get_str(&r, 64);
        uint32_t secret = wire_get_u32(&r);
        uint32_t is_set = wire_get_u32(&r);
        struct tajo_str value = wire_get_str(&r, DESCRIPTOR_MAX_TEXT);
        struct option_value *option = find_option(ctx, name);
        if (option == NULL || !is_set || secret)
            continue;
        option->value = value;
        option->has_value = 1;
    }
    if (!wire_done(&r))
        return -1;
    for (size_t i = 0; i < ctx->option_count; i++)
        use_default(ctx, &ctx->options[i]);
    ctx->create = *frame;
    *frame = (struct frame){.fd = -1};
    return 0;
}

void options_release(struct tajo_ctx *ctx)
{
    for (size_t i = 0; i < ctx->option_count; i++)
        free(ctx->options[i].owned);
    free(ctx->options);
    ctx->options = NULL;
    ctx->option_count = 0;
    frame_release(&ctx->create);
}

/* ---- getters --------------------------------------------------------------------------------- */

static int32_t get(const struct tajo_ctx *ctx, const char *name, size_t name_len,
                   const struct option_value **ret)
{
    if (ctx->operation == OPERATION_NONE || name == NULL)
        return TAJO_E_BUG;
    const struct option_value *option = find_option(ctx, (struct tajo_str){name, name_len});
    if (option == NULL)
        return TAJO_E_NOT_FOUND;
    if (is_secret(option))
        return TAJO_E_UNSUPPORTED;
    *ret = option;
    return TAJO_OK;
}

int32_t host_option_string(struct tajo_ctx *ctx, const char *name, size_t name_len,
                           struct tajo_str *ret)
{
    const struct option_value *option = NULL;
    int32_t r = get(ctx, name, name_len, &option);
    if (r < 0)
        return r;
    if (option->declared.type != TAJO_TYPE_STRING && option->declared.type != TAJO_TYPE_CHOICE)
        return TAJO_E_CONFIG;
    if (!option->has_value)
        return TAJO_E_NOT_FOUND;
    *ret = option->value;
    return TAJO_OK;
}

int32_t host_option_integer(struct tajo_ctx *ctx, const char *name, size_t name_len, int64_t *ret)
{
    const struct option_value *option = NULL;
    int32_t r = get(ctx, name, name_len, &option);
    if (r < 0)
        return r;
    if (option->declared.type != TAJO_TYPE_INTEGER)
        return TAJO_E_CONFIG;
    if (!option->has_value)
        return TAJO_E_NOT_FOUND;
    return descriptor_parse_integer(option->value.data, option->value.len, ret) ? TAJO_OK
                                                                                : TAJO_E_CONFIG;
}

int32_t host_option_boolean(struct tajo_ctx *ctx, const char *name, size_t name_len, int32_t *ret)
{
    const struct option_value *option = NULL;
    int32_t r = get(ctx, name, name_len, &option);
    if (r < 0)
        return r;
    if (option->declared.type != TAJO_TYPE_BOOLEAN)
        return TAJO_E_CONFIG;
    if (!option->has_value)
        return TAJO_E_NOT_FOUND;
    return descriptor_parse_boolean(option->value.data, option->value.len, ret) ? TAJO_OK
                                                                                : TAJO_E_CONFIG;
}
