/* SPDX-License-Identifier: Apache-2.0 */
#include "config/document.h"

#include "base/mem.h"
#include "config/text.h"

#include <string.h>
#include <yaml.h>

struct builder {
    yaml_parser_t parser;
    const char *data;
    size_t len;
    size_t nodes;
    int depth;
    struct config_mark mark; /* of the problem */
    struct err_info *e;
};

struct node *node_free(struct node *node)
{
    if (node == NULL)
        return NULL;
    for (size_t i = 0; i < node->count; i++) {
        free(node->entries[i].key);
        node_free(node->entries[i].value);
    }
    free(node->entries);
    free(node->text);
    free(node);
    return NULL;
}

const struct node_entry *node_find(const struct node *mapping, const char *key)
{
    for (size_t i = 0; mapping != NULL && i < mapping->count; i++)
        if (mapping->entries[i].key != NULL && strcmp(mapping->entries[i].key, key) == 0)
            return &mapping->entries[i];
    return NULL;
}

static struct config_mark to_mark(yaml_mark_t mark)
{
    return (struct config_mark){(int)mark.line + 1, (int)mark.column + 1};
}

static int refuse(struct builder *b, yaml_mark_t mark, const char *mend, const char *what)
{
    b->mark = to_mark(mark);
    return err_set(b->e, ERR_CONFIG, NULL, mend, "%s", what);
}

/* What libyaml says, in words of somebody who edits a file. */
struct rewording {
    const char *problem; /* beginning of libyaml's */
    int at;              /* character that stands there; 0: any */
    const char *what;
    const char *mend;
};

static const struct rewording rewordings[] = {
    {"found character that cannot start any token", '\t',
     "a tab stands where YAML takes spaces only", "Indent with spaces"},
    {"found character that cannot start any token", 0, "a value may not begin with this character",
     "Put the value in double quotes"},
    {"found a tab character", 0, "a tab stands where YAML takes spaces only", "Indent with spaces"},
    {"mapping values are not allowed", 0, "a second \": \" stands in one line",
     "Put a value that contains \": \" in double quotes; or the line is indented deeper than its "
     "neighbours"},
    {"did not find expected key", 0, "this line is not indented like its neighbours",
     "Give the keys of one section the same number of leading spaces, and close every quote"},
    {"did not find expected '-' indicator", 0, "this line is not indented like its neighbours",
     "Begin every item of a list with \"- \" in the same column"},
    {"could not find expected ':'", 0, "a key without \": \" behind it",
     "Write key: value, with a space after the colon"},
    {"found unexpected end of stream", 0, "a quote or a bracket is never closed",
     "Close the one that is opened here"},
    {"did not find expected ',' or", '{', "inside { } and [ ] a value may not contain {",
     "Put a value such as ${NAME} in double quotes"},
    {"did not find expected ',' or", 0, "a bracket is not closed, or a comma is missing",
     "Separate items with commas and close every [ and {"},
    {"found unknown escape character", 0, "a backslash with an unknown letter in double quotes",
     "Write \\\\ for a backslash, or use single quotes"},
    {"did not find expected node content", 0, "a value is missing",
     "Put a value that begins with a special character in double quotes"},
    {"exceeded maximum", 0, "nested too deep", "Write a flatter file"},
};

static int char_at(const struct builder *b, yaml_mark_t mark)
{
    const char *at = b->data;
    const char *end = b->data + b->len;
    for (size_t line = 0; line < mark.line && at != NULL; line++) {
        at = memchr(at, '\n', (size_t)(end - at));
        at = at == NULL ? NULL : at + 1;
    }
    for (size_t i = 0; at != NULL && at < end && i < mark.column; i++)
        at += text_utf8_length(at, (size_t)(end - at));
    return at != NULL && at < end ? (unsigned char)*at : -1;
}

static int refuse_syntax(struct builder *b)
{
    yaml_parser_t *parser = &b->parser;
    const char *problem = parser->problem != NULL ? parser->problem : "it cannot be read";
    yaml_mark_t mark = parser->problem_mark;
    int at = char_at(b, mark);
    for (size_t i = 0; i < sizeof(rewordings) / sizeof(rewordings[0]); i++) {
        const struct rewording *r = &rewordings[i];
        if (strncmp(problem, r->problem, strlen(r->problem)) != 0 || (r->at != 0 && r->at != at))
            continue;
        /* At the end of the file nothing can be mended: point to what was left open. */
        if (strstr(problem, "end of stream") != NULL && parser->context != NULL)
            mark = parser->context_mark;
        return refuse(b, mark, r->mend, r->what);
    }
    b->mark = to_mark(mark);
    return err_set(b->e, ERR_CONFIG, NULL, NULL, "this is not YAML: %s%s%s",
                   parser->context != NULL ? parser->context : "",
                   parser->context != NULL ? ", " : "", problem);
}

static int next_event(struct builder *b, yaml_event_t *ret)
{
    return yaml_parser_parse(&b->parser, ret) ? 0 : refuse_syntax(b);
}

static int build_node(struct builder *b, yaml_event_t *event, struct node **ret);

static int refuse_duplicate(struct builder *b, const struct node_entry *first, yaml_mark_t mark)
{
    char key[TEXT_CLEAN_SIZE];
    b->mark = to_mark(mark);
    return err_set(b->e, ERR_CONFIG, NULL, "Keep one of the two",
                   "the key \"%s\" stands here and already at line %d, column %d",
                   text_clean(first->key, key), first->mark.line, first->mark.column);
}

static struct node_entry *add_entry(struct node *node)
{
    if ((node->count & (node->count - 1)) == 0) /* full at 0, 1, 2, 4, 8 ... */
        node->entries = mem_resize(node->entries, node->count == 0 ? 1 : node->count * 2,
                                   sizeof(*node->entries));
    struct node_entry *entry = &node->entries[node->count++];
    *entry = (struct node_entry){0};
    return entry;
}

/* The event is a key: it becomes a new entry without value yet. */
static int take_key(struct builder *b, struct node *node, const yaml_event_t *event,
                    struct node_entry **ret)
{
    const char *text = (const char *)event->data.scalar.value;
    if (event->type != YAML_SCALAR_EVENT)
        return refuse(b, event->start_mark, "Write key: value", "a key must be a plain name");
    if (event->data.scalar.length == 0 || strlen(text) != event->data.scalar.length)
        return refuse(b, event->start_mark, "Write key: value", "a key is empty");
    if (event->data.scalar.anchor != NULL || event->data.scalar.tag != NULL)
        return refuse(b, event->start_mark, "Write the key plainly",
                      "anchors (&) and tags (!) are not used in this file");
    const struct node_entry *same = node_find(node, text);
    if (same != NULL)
        return refuse_duplicate(b, same, event->start_mark);
    if (node->count >= DOCUMENT_MAX_KEYS)
        return refuse(b, event->start_mark, NULL, "more than 1000 keys in one section");
    struct node_entry *entry = add_entry(node);
    entry->key = mem_strdup(text);
    entry->mark = to_mark(event->start_mark);
    *ret = entry;
    return 0;
}

/* The events up to the mapping's or sequence's end. */
static int build_children(struct builder *b, struct node *node, yaml_event_type_t end)
{
    for (;;) {
        yaml_event_t event;
        struct node_entry *entry = NULL;
        int r = next_event(b, &event);
        if (r != 0)
            return r;
        int done = event.type == end;
        if (!done && node->kind == NODE_MAPPING) {
            r = take_key(b, node, &event, &entry);
            yaml_event_delete(&event);
            if (r == 0)
                r = next_event(b, &event);
            if (r != 0)
                return r;
        } else if (!done) {
            entry = add_entry(node);
            entry->mark = to_mark(event.start_mark);
        }
        if (!done)
            r = build_node(b, &event, &entry->value);
        yaml_event_delete(&event);
        if (done || r != 0)
            return r;
    }
}

static int is_null(const yaml_event_t *event)
{
    const char *text = (const char *)event->data.scalar.value;
    return event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE &&
           (text[0] == '\0' || strcmp(text, "~") == 0 || strcmp(text, "null") == 0);
}

static int build_scalar(struct builder *b, const yaml_event_t *event, struct node *node)
{
    const char *text = (const char *)event->data.scalar.value;
    if (strlen(text) != event->data.scalar.length)
        return refuse(b, event->start_mark, "Remove the \\0", "a value contains a NUL character");
    node->text = mem_strndup(text, event->data.scalar.length);
    node->is_null = is_null(event);
    return 0;
}

static int has_property(const yaml_event_t *event)
{
    switch (event->type) {
    case YAML_SCALAR_EVENT:
        return event->data.scalar.anchor != NULL || event->data.scalar.tag != NULL;
    case YAML_MAPPING_START_EVENT:
        return event->data.mapping_start.anchor != NULL || event->data.mapping_start.tag != NULL;
    case YAML_SEQUENCE_START_EVENT:
        return event->data.sequence_start.anchor != NULL || event->data.sequence_start.tag != NULL;
    default:
        return 0;
    }
}

static int fill_node(struct builder *b, const yaml_event_t *event, struct node *node)
{
    if (event->type == YAML_SCALAR_EVENT)
        return build_scalar(b, event, node);
    int is_mapping = event->type == YAML_MAPPING_START_EVENT;
    node->kind = is_mapping ? NODE_MAPPING : NODE_SEQUENCE;
    return build_children(b, node, is_mapping ? YAML_MAPPING_END_EVENT : YAML_SEQUENCE_END_EVENT);
}

static int build_node(struct builder *b, yaml_event_t *event, struct node **ret)
{
    if (event->type == YAML_ALIAS_EVENT || has_property(event))
        return refuse(b, event->start_mark,
                      "Write the value out; values for every connector go to the top level",
                      "anchors (&), aliases (*) and tags (!) are not used in this file");
    if (++b->nodes > DOCUMENT_MAX_NODES)
        return refuse(b, event->start_mark, NULL, "more than 100,000 values in one file");
    if (b->depth >= DOCUMENT_MAX_DEPTH)
        return refuse(b, event->start_mark, NULL, "nested deeper than 32 levels");
    struct node *node = mem_alloc(sizeof(*node));
    node->kind = NODE_SCALAR;
    node->mark = to_mark(event->start_mark);
    b->depth++;
    int r = fill_node(b, event, node);
    b->depth--;
    if (r != 0) {
        node_free(node);
        return r;
    }
    *ret = node;
    return 0;
}

/* A second document would be dropped in silence by many readers. */
static int expect_end(struct builder *b)
{
    yaml_event_t event;
    int r = next_event(b, &event); /* the document's end */
    if (r != 0)
        return r;
    yaml_event_delete(&event);
    r = next_event(b, &event);
    if (r != 0)
        return r;
    if (event.type != YAML_STREAM_END_EVENT)
        r = refuse(b, event.start_mark, "Remove the --- and what follows, or use another file",
                   "a second YAML document begins here");
    yaml_event_delete(&event);
    return r;
}

static int build_document(struct builder *b, struct node **ret)
{
    yaml_event_t event;
    struct node *root = NULL;
    int r = 0;
    for (int i = 0; i < 2 && r == 0; i++) { /* stream start, document start */
        r = next_event(b, &event);
        if (r == 0 && event.type == YAML_STREAM_END_EVENT)
            r = refuse(b, event.start_mark, "Begin with \"connectors:\", see docs/configuration.md",
                       "the file has no settings");
        else if (r == 0)
            yaml_event_delete(&event);
    }
    if (r == 0)
        r = next_event(b, &event);
    if (r != 0)
        return r;
    r = build_node(b, &event, &root);
    yaml_event_delete(&event);
    if (r == 0)
        r = expect_end(b);
    if (r != 0) {
        node_free(root);
        return r;
    }
    *ret = root;
    return 0;
}

int document_parse(const char *data, size_t len, struct node **ret, struct config_mark *ret_mark,
                   struct err_info *e)
{
    int r = text_check(&data, &len, ret_mark, e);
    if (r != 0)
        return r;
    struct builder b = {.data = data, .len = len, .e = e};
    if (!yaml_parser_initialize(&b.parser))
        return err_set(e, ERR_SYSTEM, NULL, NULL, "out of memory while reading YAML");
    yaml_parser_set_encoding(&b.parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&b.parser, (const unsigned char *)data, len);
    r = build_document(&b, ret);
    yaml_parser_delete(&b.parser);
    if (r != 0)
        *ret_mark = b.mark;
    return r;
}
