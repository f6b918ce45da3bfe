/* SPDX-License-Identifier: Apache-2.0 */
#include "plugin/links.h"

#include "base/cleanup.h"
#include "base/mem.h"
#include "http/url.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define MAX_AUTHORITY  300u  /* a name has 253 bytes at most */
#define MAX_IN_ONE     4096u /* looked at in one text: the loop must go on */
#define SCHEME_MAX     5u
#define AUTHORITY_ENDS "/\\?#\"'<>,;(){}|^` "

void links_clear(struct links *links)
{
    for (size_t i = 0; i < links->count; i++)
        free(links->origins[i]);
    *links = (struct links){0};
}

/* ---- what is named --------------------------------------------------------------------------- */

/* Takes the origin. One that is there already becomes the newest. */
static void note_origin(struct links *links, char *origin)
{
    size_t at = 0;
    while (at < links->count && strcmp(links->origins[at], origin) != 0)
        at++;
    if (at == LINKS_MAX)
        at--;
    if (at == links->count)
        links->count++;
    else
        free(links->origins[at]);
    memmove(&links->origins[1], &links->origins[0], at * sizeof(links->origins[0]));
    links->origins[0] = origin;
}

/* The scheme that ends at the colon; 0: another word. */
static size_t scheme_before(const char *text, size_t colon)
{
    for (size_t len = SCHEME_MAX; len >= SCHEME_MAX - 1; len--)
        if (colon >= len && strncasecmp(text + colon - len, "https", len) == 0)
            return len;
    return 0;
}

/* Past two slashes, each perhaps escaped; 0: they are not there. */
static size_t skip_slashes(const char *text, size_t at, size_t len)
{
    for (int i = 0; i < 2; i++) {
        if (at < len && text[at] == '\\')
            at++;
        if (at >= len || text[at] != '/')
            return 0;
        at++;
    }
    return at;
}

static size_t authority_len(const char *text, size_t len)
{
    size_t n = 0;
    while (n < len && text[n] > ' ' && text[n] < 0x7F && strchr(AUTHORITY_ENDS, text[n]) == NULL)
        n++;
    return n;
}

static void note_at_colon(struct links *links, const char *text, size_t colon, size_t len)
{
    size_t scheme = scheme_before(text, colon);
    size_t from = scheme == 0 ? 0 : skip_slashes(text, colon + 1, len);
    size_t authority = from == 0 ? 0 : authority_len(text + from, len - from);
    if (authority == 0 || authority > MAX_AUTHORITY)
        return;
    _cleanup_free_ char *url =
        mem_printf("%.*s://%.*s/", (int)scheme, text + colon - scheme, (int)authority, text + from);
    struct err_info e = {0};
    if (url_check(url, "link", &e) == 0)
        note_origin(links, url_origin(url));
}

void links_note_text(struct links *links, const char *text, size_t len)
{
    size_t seen = 0;
    const char *colon = text;
    while (seen < MAX_IN_ONE &&
           (colon = memchr(colon, ':', len - (size_t)(colon - text))) != NULL) {
        size_t at = (size_t)(colon - text);
        if (scheme_before(text, at) > 0) {
            note_at_colon(links, text, at, len);
            seen++;
        }
        colon++;
    }
}

void links_note_answer(struct links *links, const struct http_response *response)
{
    links_note_text(links, response->body, response->body_len);
    for (size_t i = 0; i < response->header_count; i++) {
        const struct tajo_header *h = &response->headers[i];
        if ((h->name.len == 8 && memcmp(h->name.data, "location", 8) == 0) ||
            (h->name.len == 4 && memcmp(h->name.data, "link", 4) == 0))
            links_note_text(links, h->value.data, h->value.len);
    }
}

/* ---- what may be asked for ------------------------------------------------------------------- */

int links_allow(const struct links *links, const char *base_url, const char *url)
{
    struct err_info refused = {0};
    if (url_check(url, "link", &refused) != 0)
        return 1;
    _cleanup_free_ char *origin = url_origin(url);
    _cleanup_free_ char *base = url_origin(base_url);
    int allowed = strcmp(origin, base) == 0;
    for (size_t i = 0; i < links->count && !allowed; i++)
        allowed = strcmp(links->origins[i], origin) == 0;
    return allowed;
}
