/* SPDX-License-Identifier: Apache-2.0
 *
 * The tree between the two halves of query.h: query_parse.c builds it, query_match.c walks it.
 */
#ifndef SANDBOX_QUERY_NODE_H
#define SANDBOX_QUERY_NODE_H

#include "query.h"

enum query_kind {
    QUERY_ALL,
    QUERY_AND,
    QUERY_OR,
    QUERY_NOT, /* of `left` */
    QUERY_EXISTS,
    QUERY_VALUE,
    QUERY_PREFIX,
    QUERY_RANGE,
};

enum query_time { TIME_NONE, TIME_CREATED, TIME_UPDATED, TIME_LOGIN };

struct query_bound {
    bool open; /* "*" */
    bool inclusive;
    bool is_time, is_number;
    int64_t ms;
    double number;
    char *text;
};

struct query {
    enum query_kind kind;
    struct query *left, *right;
    char *field;
    user_field_writer *write; /* of generated users; NULL: they have no such field */
    bool ignore_case;
    enum query_time time; /* for ranges over what a user's times tell without the rest */
    char *value;
    struct query_bound low, high;
};

#endif
