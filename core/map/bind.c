/* SPDX-License-Identifier: Apache-2.0 */
#include "base/cleanup.h"
#include "base/hash.h"
#include "base/mem.h"
#include "base/strbuf.h"
#include "map/convert.h"
#include "map/mapping_internal.h"
#include "tajo/plugin.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#define NAME_MAX_LEN 50 /* what Brevo surely takes as a name: [A-Z][A-Z0-9_]{0,49} */
#define NEAR_MAX     2  /* edits within which a name is taken for a slip of the pen */

void attribute_copy(struct attribute *to, const struct attribute *from)
{
    to->name = mem_strdup(from->name);
    to->type = from->type;
    to->options = json_deep_copy(from->options);
}

void attribute_clear(struct attribute *attribute)
{
    free(attribute->name);
    json_decref(attribute->options);
    memset(attribute, 0, sizeof *attribute);
}

void attribute_table_clear(struct attribute_table *table)
{
    for (size_t i = 0; i < table->count; i++)
        attribute_clear(&table->items[i]);
    free(table->items);
    memset(table, 0, sizeof *table);
}

const struct attribute *attribute_find(const struct attribute_table *table, const char *name)
{
    for (size_t i = 0; i < table->count; i++)
        if (strcasecmp(table->items[i].name, name) == 0)
            return &table->items[i];
    return NULL;
}

/* Levenshtein's distance of two names without case, cut at NEAR_MAX + 1. */
static size_t edit_distance(const char *a, const char *b)
{
    size_t row[NAME_MAX_LEN + 1];
    size_t la = strlen(a);
    size_t lb = strlen(b);
    if (la > NAME_MAX_LEN || lb > NAME_MAX_LEN)
        return NEAR_MAX + 1;
    for (size_t k = 0; k <= lb; k++)
        row[k] = k;
    for (size_t i = 1; i <= la; i++) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t k = 1; k <= lb; k++) {
            size_t above = row[k];
            size_t best =
                diagonal + (toupper((unsigned char)a[i - 1]) != toupper((unsigned char)b[k - 1]));
            if (above + 1 < best)
                best = above + 1;
            if (row[k - 1] + 1 < best)
                best = row[k - 1] + 1;
            diagonal = above;
            row[k] = best;
        }
    }
    return row[lb];
}

static const char *nearest_name(const struct attribute_table *table, const char *name)
{
    const char *nearest = NULL;
    size_t best = NEAR_MAX + 1;
    for (size_t i = 0; i < table->count; i++) {
        size_t distance = edit_distance(table->items[i].name, name);
        if (table->items[i].type != ATTRIBUTE_OTHER && distance < best) {
            best = distance;
            nearest = table->items[i].name;
        }
    }
    return nearest;
}

static const char *type_name(enum attribute_type type)
{
    static const char *const names[] = {
        [ATTRIBUTE_TEXT] = "text",         [ATTRIBUTE_DATE] = "date",
        [ATTRIBUTE_FLOAT] = "float",       [ATTRIBUTE_BOOLEAN] = "boolean",
        [ATTRIBUTE_CATEGORY] = "category", [ATTRIBUTE_MULTIPLE_CHOICE] = "multiple-choice",
        [ATTRIBUTE_OTHER] = "read-only",
    };
    return names[type];
}

static const char *source_name(int source_type)
{
    static const char *const names[] = {"any value", "text",         "an integer",
                                        "a boolean", "a choice",     "a date and time",
                                        "a list",    "a JSON object"};
    return source_type >= 0 && source_type <= (int)TAJO_TYPE_OBJECT ? names[source_type] : names[0];
}

static enum attribute_type suggest_type(const struct bound_field *field)
{
    if (field->is_phone)
        return ATTRIBUTE_TEXT;
    switch ((unsigned)field->source.source_type) {
    case TAJO_TYPE_DATETIME:
        return ATTRIBUTE_DATE;
    case TAJO_TYPE_INTEGER:
        return ATTRIBUTE_FLOAT;
    case TAJO_TYPE_BOOLEAN:
        return ATTRIBUTE_BOOLEAN;
    case TAJO_TYPE_OBJECT:
        return ATTRIBUTE_OTHER;
    default:
        return ATTRIBUTE_TEXT;
    }
}

static int name_valid(const char *name)
{
    size_t len = strlen(name);
    if (len == 0 || len > NAME_MAX_LEN || !isalpha((unsigned char)name[0]))
        return 0;
    for (size_t i = 0; i < len; i++)
        if ((unsigned char)name[i] >= 0x80 || (!isalnum((unsigned char)name[i]) && name[i] != '_'))
            return 0;
    return 1;
}

static char *missing_sentence(const struct attribute_table *table, const struct bound_field *field,
                              enum attribute_type suggested)
{
    const struct mapping_field *source = &field->source;
    const char *near = nearest_name(table, source->attribute);
    _cleanup_free_ char *hint =
        near != NULL ? mem_printf(" Did you mean %s?", near) : mem_strdup("");
    if (!name_valid(source->attribute))
        return mem_printf("%s: Brevo has no attribute %s and none can be created under this name."
                          "%s Use a letter followed by at most 49 letters, digits or _",
                          source->where, source->attribute, hint);
    if (suggested == ATTRIBUTE_OTHER)
        return mem_printf("%s: Brevo has no attribute %s, and '%s' is %s, which no attribute can "
                          "hold.%s Map a single field of it",
                          source->where, source->attribute, source->path,
                          source_name(source->source_type), hint);
    return mem_printf("%s: Brevo has no attribute %s.%s Create it as type %s in Brevo > Contacts > "
                      "Settings > Contact attributes, or set brevo.create_attributes: true",
                      source->where, source->attribute, hint, type_name(suggested));
}

static char *type_sentence(const struct bound_field *field, const struct attribute *attribute)
{
    const struct mapping_field *source = &field->source;
    if (attribute->type == ATTRIBUTE_OTHER)
        return mem_printf("%s: the attribute %s is filled by Brevo itself and cannot be written. "
                          "Map '%s' to another attribute",
                          source->where, attribute->name, source->path);
    return mem_printf("%s: '%s' is %s and does not fit the attribute %s of type %s. Map it to an "
                      "attribute of another type",
                      source->where, source->path, source_name(source->source_type),
                      attribute->name, type_name(attribute->type));
}

static int fits(const struct bound_field *field, const struct attribute *attribute)
{
    /* A phone number is checked as a number whatever text-like type the account shows for it. */
    if (field->is_phone)
        return attribute->type != ATTRIBUTE_OTHER;
    return convert_possible(field->source.source_type, attribute->type);
}

static void describe_problem(const struct attribute_table *table, const struct bound_field *field,
                             const struct attribute *attribute, struct mapping_problem *problem)
{
    problem->attribute = mem_strdup(field->source.attribute);
    problem->where = mem_strdup(field->source.where);
    problem->missing = attribute == NULL;
    problem->suggested = suggest_type(field);
    if (attribute != NULL) {
        problem->sentence = type_sentence(field, attribute);
        return;
    }
    problem->sentence = missing_sentence(table, field, problem->suggested);
    if (!name_valid(problem->attribute)) {
        problem->suggested = ATTRIBUTE_OTHER;
        return;
    }
    for (char *c = problem->attribute; *c != '\0'; c++)
        *c = (char)toupper((unsigned char)*c);
}

void mapping_bind(struct mapping *mapping, const struct attribute_table *table,
                  struct mapping_problem **ret, size_t *ret_count)
{
    struct mapping_problem *problems = mem_array(mapping->field_count, sizeof *problems);
    size_t count = 0;
    json_decref(mapping->decides);
    mapping->decides = json_array();
    for (size_t i = 0; i < mapping->field_count; i++) {
        struct bound_field *field = &mapping->fields[i];
        const struct attribute *attribute = attribute_find(table, field->source.attribute);
        attribute_clear(&field->attribute);
        if (attribute == NULL || !fits(field, attribute)) {
            describe_problem(table, field, attribute, &problems[count++]);
            continue;
        }
        attribute_copy(&field->attribute, attribute);
        json_array_append_new(mapping->decides, json_string_nocheck(attribute->name));
    }
    *ret = problems;
    *ret_count = count;
}

uint64_t mapping_bound_hash(const struct mapping *mapping)
{
    _cleanup_(strbuf_release) struct strbuf text = STRBUF_INIT;
    for (size_t i = 0; i < mapping->field_count; i++) {
        const struct attribute *attribute = &mapping->fields[i].attribute;
        if (attribute->name != NULL)
            strbuf_add_format(&text, "%s=%d;", attribute->name, (int)attribute->type);
    }
    return hash_bytes(text.data, text.len);
}

void mapping_problems_free(struct mapping_problem *problems, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        free(problems[i].attribute);
        free(problems[i].where);
        free(problems[i].sentence);
    }
    free(problems);
}
