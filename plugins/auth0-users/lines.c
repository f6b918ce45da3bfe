/* SPDX-License-Identifier: Apache-2.0 */
#include "lines.h"

#include "auth0/text.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#define CHUNK 65536u

struct splitter {
    users_lines_take *take;
    void *arg;
    size_t len;    /* of the line begun */
    bool too_long; /* the rest of the line is skipped */
    char *line;    /* USERS_LINE_MAX bytes */
};

struct source {
    int fd;
    bool ended;
    bool plain;
    bool inside; /* a compressed member has begun and not ended */
    z_stream z;
    unsigned char in[CHUNK];
    unsigned char out[CHUNK];
    uint64_t offset;    /* read from fd so far */
    uint64_t *consumed; /* the caller's */
};

static int32_t end_line(struct splitter *splitter)
{
    struct tajo_str line = {splitter->line, splitter->len};
    bool too_long = splitter->too_long;
    splitter->len = 0;
    splitter->too_long = false;
    if (too_long)
        line = (struct tajo_str){NULL, 0};
    else if (line.len > 0 && line.data[line.len - 1] == '\r')
        line.len--;
    return line.len == 0 && !too_long ? 0 : splitter->take(splitter->arg, line);
}

static int32_t split(struct splitter *splitter, const char *text, size_t len)
{
    while (len > 0) {
        const char *newline = memchr(text, '\n', len);
        size_t n = newline != NULL ? (size_t)(newline - text) : len;
        if (splitter->len + n > USERS_LINE_MAX)
            splitter->too_long = true;
        if (!splitter->too_long) {
            memcpy(splitter->line + splitter->len, text, n);
            splitter->len += n;
        }
        if (newline == NULL)
            return 0;
        int32_t r = end_line(splitter);
        if (r < 0)
            return r;
        text += n + 1;
        len -= n + 1;
    }
    return 0;
}

static int32_t fill(struct source *source)
{
    ssize_t n;
    do {
        n = read(source->fd, source->in, sizeof(source->in));
    } while (n < 0 && errno == EINTR);
    if (n < 0)
        return USERS_LINES_UNREADABLE;
    source->ended = n == 0;
    source->z.next_in = source->in;
    source->z.avail_in = (uInt)n;
    source->offset += (uint64_t)n;
    return USERS_LINES_DONE;
}

/* Inflates what was read. After a member's end another may begin: gzip files can be joined. */
static int32_t inflate_chunk(struct source *source, struct splitter *splitter)
{
    while (source->z.avail_in > 0) {
        if (!source->inside && source->z.next_in[0] != 0x1f)
            return USERS_LINES_CORRUPT;
        source->inside = true;
        do {
            source->z.next_out = source->out;
            source->z.avail_out = sizeof(source->out);
            int z = inflate(&source->z, Z_NO_FLUSH);
            if (z != Z_OK && z != Z_STREAM_END && z != Z_BUF_ERROR)
                return USERS_LINES_CORRUPT;
            size_t n = sizeof(source->out) - source->z.avail_out;
            *source->consumed = source->offset - source->z.avail_in;
            int32_t r = split(splitter, (const char *)source->out, n);
            if (r < 0)
                return r;
            if (z == Z_STREAM_END) {
                source->inside = false;
                inflateReset(&source->z);
            }
        } while (source->inside && source->z.avail_out == 0);
    }
    return USERS_LINES_DONE;
}

static int32_t read_all(struct source *source, struct splitter *splitter)
{
    int32_t r = fill(source);
    if (r != USERS_LINES_DONE)
        return r;
    if (source->ended)
        return USERS_LINES_TRUNCATED;
    if (source->in[0] != 0x1f && source->in[0] != '{')
        return USERS_LINES_CORRUPT;
    source->plain = source->in[0] == '{';
    while (!source->ended) {
        r = source->plain ? split(splitter, (const char *)source->in, source->z.avail_in)
                          : inflate_chunk(source, splitter);
        if (r == USERS_LINES_DONE)
            r = fill(source);
        if (r != USERS_LINES_DONE)
            return r;
    }
    if (source->inside)
        return USERS_LINES_TRUNCATED;
    return end_line(splitter);
}

int32_t users_lines_read(int fd, users_lines_take *take, void *arg, uint64_t *consumed)
{
    struct splitter splitter = {.take = take, .arg = arg};
    struct source *source = auth0_text_allocate(sizeof(*source));
    memset(source, 0, sizeof(*source));
    source->fd = fd;
    source->consumed = consumed;
    int32_t r = USERS_LINES_CORRUPT;
    if (inflateInit2(&source->z, 15 + 16) == Z_OK) {
        splitter.line = auth0_text_allocate(USERS_LINE_MAX);
        r = read_all(source, &splitter);
        free(splitter.line);
        inflateEnd(&source->z);
    }
    free(source);
    return r;
}
