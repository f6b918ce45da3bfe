/* SPDX-License-Identifier: Apache-2.0 */
#include "log/secrets.h"

#include "base/cleanup.h"
#include "base/json.h"
#include "base/mem.h"
#include "log/log.h"

#include <pthread.h>
#include <string.h>

#define MIN_LENGTH  4
#define MAX_SECRETS 64
#define HIDDEN      "[hidden]"

struct secret {
    char *text;
    char *escaped;      /* as it looks inside quotes; NULL when that is the same */
    unsigned long turn; /* of its last registration */
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
/* The longest first: a secret that begins another one must not leave the other's end behind. */
static struct secret secrets[MAX_SECRETS];
static size_t count;
static unsigned long turns;

static void forget_at(size_t index)
{
    free(secrets[index].text);
    free(secrets[index].escaped);
    memmove(secrets + index, secrets + index + 1, (count - index - 1) * sizeof(secrets[0]));
    count--;
}

static char *escape(const char *text)
{
    _cleanup_(strbuf_release) struct strbuf quoted = STRBUF_INIT;
    json_write_string(&quoted, text, strlen(text));
    char *inner = mem_strndup(quoted.data + 1, quoted.len - 2);
    if (strcmp(inner, text) != 0)
        return inner;
    free(inner);
    return NULL;
}

static void forget_oldest(void)
{
    size_t oldest = 0;
    for (size_t i = 1; i < count; i++)
        if (secrets[i].turn < secrets[oldest].turn)
            oldest = i;
    forget_at(oldest);
}

static void remember(const char *text)
{
    size_t at = 0;
    while (at < count && strlen(secrets[at].text) >= strlen(text))
        at++;
    memmove(secrets + at + 1, secrets + at, (count - at) * sizeof(secrets[0]));
    secrets[at] = (struct secret){mem_strdup(text), escape(text), ++turns};
    count++;
}

void log_hide(const char *secret)
{
    if (secret == NULL || strlen(secret) < MIN_LENGTH)
        return;
    pthread_mutex_lock(&lock);
    size_t same = 0;
    while (same < count && strcmp(secrets[same].text, secret) != 0)
        same++;
    if (same < count) {
        secrets[same].turn = ++turns;
    } else {
        if (count == MAX_SECRETS)
            forget_oldest();
        remember(secret);
    }
    pthread_mutex_unlock(&lock);
}

static void redact_text(struct strbuf *line, const char *secret)
{
    char *found = line->len > 0 ? strstr(line->data, secret) : NULL;
    if (found == NULL)
        return;
    struct strbuf clean = STRBUF_INIT;
    const char *at = line->data;
    for (; found != NULL; found = strstr(at, secret)) {
        strbuf_add(&clean, at, (size_t)(found - at));
        strbuf_add_text(&clean, HIDDEN);
        at = found + strlen(secret);
    }
    strbuf_add_text(&clean, at);
    strbuf_release(line);
    *line = clean;
}

void secrets_redact(struct strbuf *line)
{
    pthread_mutex_lock(&lock);
    for (size_t i = 0; i < count; i++) {
        redact_text(line, secrets[i].text);
        if (secrets[i].escaped != NULL)
            redact_text(line, secrets[i].escaped);
    }
    pthread_mutex_unlock(&lock);
}
