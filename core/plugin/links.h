/* SPDX-License-Identifier: Apache-2.0
 *
 * plugin/links.h: where a plugin may go without credentials: the connector's own host, and hosts
 * that an answer it got has named (an export's storage). Whatever else a plugin asks for would be
 * a way out for what it has read.
 *
 *   links_note_answer(&links, response)          for each answer, before the plugin gets it
 *   links_allow(&links, base_url, url)           for each whole URL it asks for
 *   links_clear(&links)
 *
 * A host counts as named when "https://host" (plain http for loopback), in any case and with JSON's
 * escaped slashes too, stands in a body that is in memory or in a location or link header. Host,
 * port and scheme are compared as libcurl reads them. The newest 64 are kept: a page of users names
 * many that nobody asks for. Zeroed is empty. Loop thread.
 */
#ifndef TAJO_PLUGIN_LINKS_H
#define TAJO_PLUGIN_LINKS_H

#include "http/http.h"

#define LINKS_MAX 64u

struct links {
    char *origins[LINKS_MAX]; /* newest first */
    size_t count;
};

void links_clear(struct links *links);
void links_note_text(struct links *links, const char *text, size_t len);
void links_note_answer(struct links *links, const struct http_response *response);

/* 1: base_url's own host, or named. A URL that http itself refuses passes: its sentence says more.
 */
int links_allow(const struct links *links, const char *base_url, const char *url);

#endif
