/* SPDX-License-Identifier: Apache-2.0
 *
 * The subset of Lucene that GET /users understands in `q`.
 *
 * query_parse() once, query_matches() for each user, query_release(). Terms are field:value,
 * field:"value", field:prefix*, field:[low TO high] with any mix of brackets and braces and * for
 * an open end, _exists_:field, and * for everybody; they combine with AND, OR, NOT and
 * parentheses. Values of email, name, given_name, family_name and nickname ignore case. Any
 * thread; matching needs the lock the tenant needs.
 */
#ifndef SANDBOX_QUERY_H
#define SANDBOX_QUERY_H

#include "tenant.h"

struct query;

/* False with a message for the vendor's 400 answer. */
bool query_parse(const char *text, struct query **ret_query, char ret_message[160]);
struct query *query_release(struct query *query);
bool query_matches(const struct query *query, const struct tenant *tenant,
                   const struct user_view *view);

#endif
