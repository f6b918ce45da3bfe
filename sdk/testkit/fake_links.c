/* SPDX-License-Identifier: Apache-2.0
 *
 * Which hosts the answers have named: as the real host, the fake one lets a whole URL out only to
 * these. It does not forget, and compares scheme, host and port as they are written.
 */
#include "fake_private.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* Appends the text without backslashes: JSON may write https:\/\/. */
static void note(struct fake_host *host, const char *text, size_t len)
{
    char *grown = realloc(host->named, host->named_len + len + 2);
    if (grown == NULL)
        abort();
    host->named = grown;
    for (size_t i = 0; i < len; i++)
        if (text[i] != '\\' && text[i] != '\0')
            host->named[host->named_len++] = text[i];
    host->named[host->named_len++] = ' ';
    host->named[host->named_len] = '\0';
}

void fake_links_note(struct fake_host *host, const struct tajo_http_response *response)
{
    note(host, response->body.data, response->body.len);
    for (uint32_t i = 0; i < response->header_count; i++) {
        const struct tajo_header *header = &response->headers[i];
        if ((header->name.len == 8 && strncasecmp(header->name.data, "location", 8) == 0) ||
            (header->name.len == 4 && strncasecmp(header->name.data, "link", 4) == 0))
            note(host, header->value.data, header->value.len);
    }
}

bool fake_links_allow(const struct fake_host *host, struct tajo_str url)
{
    size_t len = 0;
    if (url.len == 0 || url.data[0] == '/')
        return true; /* below the base URL */
    char *origin = fake_copy(url.data, url.len);
    char *slashes = strstr(origin, "://");
    if (slashes != NULL)
        len = (size_t)(slashes - origin) + 3 + strcspn(slashes + 3, "/?#");
    origin[len] = '\0';
    bool allowed = false;
    const char *at = len == 0 ? NULL : host->named;
    while (!allowed && at != NULL && (at = strcasestr(at, origin)) != NULL) {
        at += len;
        allowed = strchr("/?#\"'<> ,;", *at) != NULL;
    }
    free(origin);
    return allowed;
}
