/* SPDX-License-Identifier: Apache-2.0 */
#include "base/cleanup.h"
#include "base/clock.h"
#include "base/mem.h"
#include "http/internal.h"
#include "log/log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* A file without a name: it is gone with its last descriptor, also when we are killed. */
static int open_unlinked(const char *dir)
{
    int fd = open(dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (fd >= 0 || (errno != EOPNOTSUPP && errno != EISDIR && errno != EINVAL))
        return fd;
    _cleanup_free_ char *path = mem_printf("%s/tajo-body-XXXXXX", dir);
    fd = mkostemp(path, O_CLOEXEC);
    if (fd >= 0)
        unlink(path);
    return fd;
}

static int fail(struct http_call *call, int failure)
{
    call->attempt.failure = failure;
    if (failure == ERR_SYSTEM)
        log_line(LOG_LEVEL_ERROR, "http", "a body on disk cannot be used", "account=%s reason=%s",
                 log_quote(call->account->name), log_quote(strerror(errno)));
    return failure;
}

int body_need_file(struct http_call *call)
{
    if (call->attempt.answer_fd >= 0)
        return 0;
    call->attempt.answer_fd = open_unlinked(call->account->temp_dir);
    return call->attempt.answer_fd >= 0 ? 0 : fail(call, ERR_SYSTEM);
}

size_t body_read(char *buffer, size_t size, size_t count, void *arg)
{
    struct http_call *call = arg;
    struct http_attempt *attempt = &call->attempt;
    int64_t left = call->body_size - attempt->sent;
    size_t n = size * count;
    if ((int64_t)n > left)
        n = (size_t)left;
    if (n == 0)
        return 0;
    if (call->body_fd < 0) {
        memcpy(buffer, call->body + attempt->sent, n);
    } else {
        ssize_t got = pread(call->body_fd, buffer, n, attempt->sent);
        if (got <= 0) {
            if (got == 0)
                errno = ENODATA; /* the file is shorter than was said */
            fail(call, ERR_SYSTEM);
            return CURL_READFUNC_ABORT;
        }
        n = (size_t)got;
    }
    attempt->sent += (int64_t)n;
    attempt->moved_ms = clock_monotonic_ms();
    return n;
}

int body_seek(void *arg, curl_off_t offset, int origin)
{
    struct http_call *call = arg;
    if (origin != SEEK_SET || offset < 0 || offset > call->body_size)
        return CURL_SEEKFUNC_FAIL;
    /* curl repeats by itself on a kept connection that breaks: what must not happen twice must not
     * go out twice. */
    if (!call->idempotent && call->attempt.sent > 0)
        return CURL_SEEKFUNC_FAIL;
    call->attempt.sent = offset;
    return CURL_SEEKFUNC_OK;
}

static int write_file(struct http_call *call, const char *data, size_t len)
{
    if (body_need_file(call) != 0)
        return ERR_SYSTEM;
    while (len > 0) {
        ssize_t n = write(call->attempt.answer_fd, data, len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return fail(call, ERR_SYSTEM);
        data += n;
        len -= (size_t)n;
    }
    return 0;
}

size_t body_write(char *data, size_t size, size_t count, void *arg)
{
    struct http_call *call = arg;
    struct http_attempt *attempt = &call->attempt;
    size_t len = size * count;
    long status = 0;
    curl_easy_getinfo(attempt->easy, CURLINFO_RESPONSE_CODE, &status);
    int to_file = (call->flags & HTTP_BODY_TO_FD) && status / 100 == 2;
    int64_t max = call->max_body;
    if (!to_file && (call->flags & HTTP_BODY_TO_FD) && max > HTTP_MAX_BODY)
        max = HTTP_MAX_BODY; /* an error's body, kept in memory */
    attempt->received += (int64_t)len;
    attempt->moved_ms = clock_monotonic_ms();
    if (attempt->received > max) {
        fail(call, ERR_LIMIT);
        return 0;
    }
    if (to_file)
        return write_file(call, data, len) == 0 ? len : 0;
    strbuf_add(&attempt->answer_body, data, len);
    return len;
}
