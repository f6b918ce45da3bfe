/* SPDX-License-Identifier: Apache-2.0
 *
 * base/wire.h: how host and worker write values into a frame, and read them back.
 *
 * Writing appends to a strbuf and cannot fail. Reading walks a borrowed run of bytes; the first
 * read beyond its end (or of a string above its bound) marks the reader as bad, and every later
 * read gives 0 or empty, so a decoder reads everything and then asks wire_ok() once.
 * Integers are little-endian. Strings are u32 length and bytes; what wire_get_str gives points
 * into the frame.
 */
#ifndef TAJO_BASE_WIRE_H
#define TAJO_BASE_WIRE_H

#include "base/strbuf.h"
#include "tajo/plugin.h"

#include <stddef.h>
#include <stdint.h>

void wire_put_u32(struct strbuf *b, uint32_t v);
void wire_put_u64(struct strbuf *b, uint64_t v);
void wire_put_str(struct strbuf *b, const char *data, size_t len);
void wire_put_text(struct strbuf *b, const char *text); /* NULL as empty */

struct wire_reader {
    const char *at;
    const char *end;
    int bad;
};

struct wire_reader wire_read(const char *data, size_t len);
uint32_t wire_get_u32(struct wire_reader *r);
uint64_t wire_get_u64(struct wire_reader *r);
struct tajo_str wire_get_str(struct wire_reader *r, size_t max_len);
int wire_ok(const struct wire_reader *r);   /* nothing was out of bounds */
int wire_done(const struct wire_reader *r); /* ok, and everything was read */

#endif
