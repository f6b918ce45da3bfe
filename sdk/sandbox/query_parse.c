/* SPDX-License-Identifier: Apache-2.0 */
#include "query_node.h"

#include "moment.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DEPTH_MAX 32

struct parser {
    const char *at;
    unsigned depth;
    char *message;
};

static bool parse_or(struct parser *parser, struct query **ret_query);

static bool fail(struct parser *parser, const char *what)
{
    if (!parser->message[0]) {
        snprintf(parser->message, 160, "invalid query: %s", what);
    }
    return false;
}

static void skip_space(struct parser *parser)
{
    while (isspace((unsigned char)*parser->at)) {
        parser->at++;
    }
}

static bool take_word(struct parser *parser, const char *word)
{
    size_t size = strlen(word);
    skip_space(parser);
    if (strncmp(parser->at, word, size) != 0) {
        return false;
    }
    char next = parser->at[size];
    if (next && !isspace((unsigned char)next) && next != '(' && next != ')') {
        return false;
    }
    parser->at += size;
    return true;
}

static struct query *make_node(enum query_kind kind, struct query *left, struct query *right)
{
    struct query *query = mem_alloc(sizeof(*query));
    query->kind = kind;
    query->left = left;
    query->right = right;
    return query;
}

struct query *query_release(struct query *query)
{
    if (query) {
        query_release(query->left);
        query_release(query->right);
        free(query->field);
        free(query->value);
        free(query->low.text);
        free(query->high.text);
        free(query);
    }
    return NULL;
}

static char *take_quoted(struct parser *parser)
{
    BUFFER_AUTO text = {0};
    for (parser->at++; *parser->at != '"'; parser->at++) {
        if (*parser->at == '\\' && parser->at[1]) {
            parser->at++;
        }
        if (!*parser->at) {
            fail(parser, "a quoted value does not end");
            return NULL;
        }
        buffer_add_char(&text, *parser->at);
    }
    parser->at++;
    return mem_copy_text(buffer_text(&text));
}

/* A bare value; `stops` end it, a backslash protects what follows. */
static char *take_bare(struct parser *parser, const char *stops)
{
    BUFFER_AUTO text = {0};
    while (*parser->at && !isspace((unsigned char)*parser->at) && !strchr(stops, *parser->at)) {
        if (*parser->at == '\\' && parser->at[1]) {
            parser->at++;
        }
        buffer_add_char(&text, *parser->at++);
    }
    if (!text.used) {
        fail(parser, "a value is missing");
        return NULL;
    }
    return mem_copy_text(buffer_text(&text));
}

static bool parse_bound(struct parser *parser, struct query_bound *bound)
{
    skip_space(parser);
    bound->text = *parser->at == '"' ? take_quoted(parser) : take_bare(parser, "]}[{()");
    if (!bound->text) {
        return false;
    }
    char *end;
    bound->open = strcmp(bound->text, "*") == 0;
    bound->is_time = moment_parse(bound->text, &bound->ms);
    bound->number = strtod(bound->text, &end);
    bound->is_number = end != bound->text && *end == '\0';
    return true;
}

static enum query_time time_of(const char *field)
{
    if (strcmp(field, "created_at") == 0) {
        return TIME_CREATED;
    }
    if (strcmp(field, "updated_at") == 0) {
        return TIME_UPDATED;
    }
    return strcmp(field, "last_login") == 0 ? TIME_LOGIN : TIME_NONE;
}

/* A date alone as upper bound means the whole day. */
static void widen_high(struct query_bound *bound)
{
    if (bound->is_time && strlen(bound->text) == 10 && bound->inclusive) {
        bound->ms += INT64_C(86400000) - 1;
    }
}

static bool parse_range(struct parser *parser, struct query *term)
{
    term->kind = QUERY_RANGE;
    term->low.inclusive = *parser->at++ == '[';
    if (!parse_bound(parser, &term->low)) {
        return false;
    }
    if (!take_word(parser, "TO")) {
        return fail(parser, "a range needs TO between its bounds");
    }
    if (!parse_bound(parser, &term->high)) {
        return false;
    }
    skip_space(parser);
    if (*parser->at != ']' && *parser->at != '}') {
        return fail(parser, "a range does not end with ] or }");
    }
    term->high.inclusive = *parser->at++ == ']';
    widen_high(&term->high);
    term->time = time_of(term->field);
    if (term->time != TIME_NONE &&
        ((!term->low.open && !term->low.is_time) || (!term->high.open && !term->high.is_time))) {
        return fail(parser, "a bound is no date");
    }
    if (strncmp(term->field, "user_metadata", 13) == 0 ||
        strncmp(term->field, "app_metadata", 12) == 0) {
        return fail(parser, "operator 'less or equal' is not supported");
    }
    return true;
}

static bool ignores_case(const char *field)
{
    static const char *const fields[] = {"email", "name", "given_name", "family_name", "nickname"};
    for (size_t i = 0; i < SANDBOX_COUNT(fields); i++) {
        if (strcmp(fields[i], field) == 0) {
            return true;
        }
    }
    return false;
}

static bool parse_value(struct parser *parser, struct query *term)
{
    if (*parser->at == '[' || *parser->at == '{') {
        return parse_range(parser, term);
    }
    bool quoted = *parser->at == '"';
    term->kind = QUERY_VALUE;
    term->value = quoted ? take_quoted(parser) : take_bare(parser, "()\"");
    if (!term->value) {
        return false;
    }
    size_t size = strlen(term->value);
    if (strcmp(term->field, "_exists_") == 0) {
        free(term->field);
        term->field = term->value;
        term->value = NULL;
        term->kind = QUERY_EXISTS;
    } else if (!quoted && term->value[size - 1] == '*') {
        term->kind = QUERY_PREFIX;
        term->value[size - 1] = '\0';
    }
    return true;
}

static bool parse_term(struct parser *parser, struct query **ret_query)
{
    struct query *term = make_node(QUERY_ALL, NULL, NULL);
    if (*parser->at == '*') {
        parser->at++;
        *ret_query = term;
        return true;
    }
    const char *start = parser->at;
    while (isalnum((unsigned char)*parser->at) || (*parser->at && strchr("_.-[]", *parser->at))) {
        parser->at++;
    }
    bool good = *parser->at == ':' && parser->at > start;
    if (!good) {
        fail(parser, "a term has the form field:value");
    } else {
        term->field = mem_copy_bytes(start, (size_t)(parser->at++ - start));
        good = parse_value(parser, term);
    }
    if (!good) {
        query_release(term);
        return false;
    }
    term->write = user_find_field(term->field);
    term->ignore_case = ignores_case(term->field);
    *ret_query = term;
    return true;
}

static bool parse_unary(struct parser *parser, struct query **ret_query)
{
    skip_space(parser);
    if (++parser->depth > DEPTH_MAX) {
        return fail(parser, "too deep");
    }
    bool good;
    struct query *inner = NULL;
    if (take_word(parser, "NOT")) {
        good = parse_unary(parser, &inner);
        *ret_query = good ? make_node(QUERY_NOT, inner, NULL) : NULL;
    } else if (*parser->at == '(') {
        parser->at++;
        good = parse_or(parser, &inner);
        skip_space(parser);
        if (good && *parser->at++ != ')') {
            query_release(inner);
            return fail(parser, "a parenthesis is not closed");
        }
        *ret_query = inner;
    } else {
        good = parse_term(parser, ret_query);
    }
    parser->depth--;
    return good;
}

static bool ends(struct parser *parser)
{
    skip_space(parser);
    return !*parser->at || *parser->at == ')';
}

static bool next_is_or(const struct parser *parser)
{
    struct parser copy = *parser;
    return take_word(&copy, "OR");
}

/* Terms side by side mean AND. */
static bool parse_and(struct parser *parser, struct query **ret_query)
{
    struct query *left;
    if (!parse_unary(parser, &left)) {
        return false;
    }
    while (take_word(parser, "AND") || (!ends(parser) && !next_is_or(parser))) {
        struct query *right;
        if (!parse_unary(parser, &right)) {
            query_release(left);
            return false;
        }
        left = make_node(QUERY_AND, left, right);
    }
    *ret_query = left;
    return true;
}

static bool parse_or(struct parser *parser, struct query **ret_query)
{
    struct query *left;
    if (!parse_and(parser, &left)) {
        return false;
    }
    while (take_word(parser, "OR")) {
        struct query *right;
        if (!parse_and(parser, &right)) {
            query_release(left);
            return false;
        }
        left = make_node(QUERY_OR, left, right);
    }
    *ret_query = left;
    return true;
}

bool query_parse(const char *text, struct query **ret_query, char ret_message[160])
{
    struct parser parser = {.at = text, .message = ret_message};
    struct query *query = NULL;
    ret_message[0] = '\0';
    if (!parse_or(&parser, &query)) {
        return false;
    }
    skip_space(&parser);
    if (*parser.at) {
        query_release(query);
        return fail(&parser, "something stands after its end");
    }
    *ret_query = query;
    return true;
}
