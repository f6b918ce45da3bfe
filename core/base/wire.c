/* SPDX-License-Identifier: Apache-2.0 */
#include "base/wire.h"

#include <stdlib.h>
#include <string.h>

void wire_put_u32(struct strbuf *b, uint32_t v)
{
    unsigned char bytes[4];
    for (unsigned i = 0; i < sizeof(bytes); i++)
        bytes[i] = (unsigned char)(v >> (8 * i));
    strbuf_add(b, bytes, sizeof(bytes));
}

void wire_put_u64(struct strbuf *b, uint64_t v)
{
    wire_put_u32(b, (uint32_t)v);
    wire_put_u32(b, (uint32_t)(v >> 32));
}

void wire_put_str(struct strbuf *b, const char *data, size_t len)
{
    if (len > UINT32_MAX)
        abort(); /* no frame holds that: the caller lost its bound */
    wire_put_u32(b, (uint32_t)len);
    strbuf_add(b, data, len);
}

void wire_put_text(struct strbuf *b, const char *text)
{
    wire_put_str(b, text, text == NULL ? 0 : strlen(text));
}

struct wire_reader wire_read(const char *data, size_t len)
{
    /* An empty frame may have no data at all, and NULL + 0 is nothing to rely on. */
    const char *at = data == NULL ? "" : data;
    struct wire_reader r = {at, at + (data == NULL ? 0 : len), 0};
    return r;
}

static const unsigned char *take(struct wire_reader *r, size_t len)
{
    if (r->bad || (size_t)(r->end - r->at) < len) {
        r->bad = 1;
        return NULL;
    }
    const unsigned char *at = (const unsigned char *)r->at;
    r->at += len;
    return at;
}

uint32_t wire_get_u32(struct wire_reader *r)
{
    const unsigned char *at = take(r, 4);
    if (at == NULL)
        return 0;
    return (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}

uint64_t wire_get_u64(struct wire_reader *r)
{
    uint64_t low = wire_get_u32(r);
    uint64_t high = wire_get_u32(r);
    return r->bad ? 0 : low | high << 32;
}

struct tajo_str wire_get_str(struct wire_reader *r, size_t max_len)
{
    struct tajo_str none = {"", 0};
    uint32_t len = wire_get_u32(r);
    if (len > max_len)
        r->bad = 1;
    const unsigned char *at = take(r, len);
    if (at == NULL)
        return none;
    struct tajo_str s = {(const char *)at, len};
    return s;
}

int wire_ok(const struct wire_reader *r)
{
    return !r->bad;
}

int wire_done(const struct wire_reader *r)
{
    return !r->bad && r->at == r->end;
}
