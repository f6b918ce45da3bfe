/* SPDX-License-Identifier: Apache-2.0
 *
 * auth0/text.h: strings for the Auth0 plugins: formatting, path segments, printable excerpts.
 *
 * Everything returned as char * is the caller's to free (AUTH0_FREE_TEXT does it at scope end).
 * Out of memory ends the process: the host loses nothing that was committed.
 */
#ifndef AUTH0_TEXT_H
#define AUTH0_TEXT_H

#include "tajo/plugin.h"

#include <stdlib.h>

static inline void auth0_text_free(char **text)
{
    free(*text);
}

#define AUTH0_FREE_TEXT __attribute__((cleanup(auth0_text_free)))

/* malloc that never returns NULL. */
void *auth0_text_allocate(size_t size);

char *auth0_text_format(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* One path segment: everything but unreserved characters is percent-encoded, '|' and '/' too. */
char *auth0_text_encode_segment(struct tajo_str segment);

/* A Lucene phrase: "..." with quotes and backslashes escaped. */
char *auth0_text_quote_phrase(struct tajo_str value);

/* Copies what of text is printable ASCII into room, other bytes as '?', and terminates it. */
void auth0_text_copy_printable(struct tajo_str text, char *room, size_t room_size);

/* The same for a sentence of the vendor's that a person will read: words that may be an address
 * or a user's id (those with '@' or '|', percent-encoded too) become "(hidden)". */
void auth0_text_copy_sentence(struct tajo_str text, char *room, size_t room_size);

#endif
