/* SPDX-License-Identifier: Apache-2.0
 *
 * The body of an import, written to a file that has no name while the rows are read: memory stays
 * the same whatever their number.
 */
#include "base/hash.h"
#include "base/mem.h"
#include "brevo/import.h"
#include "brevo/verdict.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define MAX_BODY   8000000 /* recommended by Brevo; 10 MB are refused */
#define BUFFER_MAX 65536
#define TAIL       "]}"

static int open_unlinked(const char *dir)
{
    int fd = open(dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (fd >= 0 || (errno != EOPNOTSUPP && errno != EISDIR && errno != EINVAL))
        return fd;
    _cleanup_free_ char *name = mem_printf("%s/import.XXXXXX", dir);
    fd = mkostemp(name, O_CLOEXEC);
    if (fd >= 0)
        unlink(name);
    return fd;
}

static void flush(struct import *import)
{
    size_t at = 0;
    while (at < import->buffer.len && import->write_errno == 0) {
        ssize_t n = write(import->fd, import->buffer.data + at, import->buffer.len - at);
        if (n > 0)
            at += (size_t)n;
        else if (n == 0 || errno != EINTR)
            import->write_errno = n == 0 ? EIO : errno;
    }
    import->size += (int64_t)at;
    strbuf_clear(&import->buffer);
}

int spool_open(struct import *import, struct err_info *e)
{
    import->fd = open_unlinked(import->d->brevo->spool_dir);
    if (import->fd < 0)
        return err_set(e, ERR_SYSTEM, import->d->brevo->spool_dir,
                       "make the directory writable and give it free space",
                       "no file for an import could be created: %s", strerror(errno));
    struct strbuf *b = &import->buffer;
    strbuf_add_text(b, "{\"listIds\":[");
    for (size_t i = 0; i < import->lists.count; i++)
        strbuf_add_format(b, "%s%" PRId64, i > 0 ? "," : "", import->lists.ids[i]);
    if (import->lists.count == 0)
        strbuf_add_format(b, "%" PRId64, import->list);
    strbuf_add_text(b, "],\"updateExistingContacts\":true,\"emptyContactsAttributes\":false,"
                       "\"disableNotification\":true,");
    if (import->blocklist)
        strbuf_add_text(b, "\"emailBlacklist\":true,");
    strbuf_add_text(b, "\"jsonBody\":[");
    return 0;
}

static void forget_sample(struct sample *slot)
{
    free(slot->email);
    json_decref(slot->sent);
    *slot = (struct sample){0};
}

void spool_forget_samples(struct import *import)
{
    forget_sample(&import->with_boolean);
    for (size_t i = 0; i < SAMPLES; i++)
        forget_sample(&import->samples[i]);
}

static void keep_sample(struct sample *slot, const struct contact_row *row, json_t *sent)
{
    forget_sample(slot);
    slot->email = mem_strdup(row->email);
    slot->sent = json_incref(sent);
}

static int has_boolean(const json_t *attributes)
{
    const char *name = NULL;
    json_t *value = NULL;
    json_object_foreach((json_t *)(uintptr_t)attributes, name, value)
    {
        if (json_is_boolean(value))
            return 1;
    }
    return 0;
}

/* A sample spread over the whole import: each row has the same chance to stay. */
static void consider_sample(struct import *import, const struct contact_row *row, json_t *sent)
{
    if (import->with_boolean.email == NULL && has_boolean(sent))
        keep_sample(&import->with_boolean, row, sent);
    uint64_t slot = (uint64_t)import->rows;
    if (slot >= SAMPLES)
        slot = hash_bytes(row->email, strlen(row->email)) % (uint64_t)(import->rows + 1);
    if (slot < SAMPLES)
        keep_sample(&import->samples[slot], row, sent);
}

int spool_add(void *arg, const struct contact_row *row)
{
    struct import *import = arg;
    struct strbuf *b = &import->buffer;
    _cleanup_json_ json_t *attributes = pending_attributes(row, import->d->known);
    size_t before = b->len;
    strbuf_add_text(b, import->rows > 0 ? ",{\"email\":" : "{\"email\":");
    json_write_string(b, row->email, strlen(row->email));
    strbuf_add_text(b, ",\"attributes\":");
    json_write(attributes, b);
    strbuf_add_char(b, '}');
    if (import->size + (int64_t)b->len + (int64_t)strlen(TAIL) > MAX_BODY) {
        b->len = before;
        return 1;
    }
    consider_sample(import, row, attributes);
    import->rows++;
    if (b->len >= BUFFER_MAX)
        flush(import);
    return import->write_errno != 0;
}

int spool_close(struct import *import, struct err_info *e)
{
    strbuf_add_text(&import->buffer, TAIL);
    flush(import);
    strbuf_release(&import->buffer);
    if (import->write_errno == 0)
        return 0;
    return err_set(e, ERR_SYSTEM, import->d->brevo->spool_dir, "give the file system free space",
                   "the body of an import could not be written: %s", strerror(import->write_errno));
}
