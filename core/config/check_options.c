/* SPDX-License-Identifier: Apache-2.0 */
#include "config/private.h"

#include "base/mem.h"
#include "base/strbuf.h"
#include "config/text.h"

#include <ctype.h>
#include <inttypes.h>
#include <string.h>

#define MAX_CHOICES 64

static int wrong_value(const struct at *at, const struct config_option_schema *option,
                       const char *mend, const char *expected)
{
    if (option->secret)
        return at_problem(at, mend, "expected %s", expected);
    return at_expected(at, mend, "%s", expected);
}

static int check_range(const struct at *at, const struct config_option_schema *option,
                       const char *text)
{
    int ranged = option->min != 0 || option->max != 0;
    int64_t v = 0;
    _cleanup_free_ char *expected = NULL;
    if (option->type == CONFIG_INTEGER) {
        int64_t min = ranged ? option->min : INT64_MIN;
        int64_t max = ranged ? option->max : INT64_MAX;
        if (parse_integer(text, min, max, &v) == 0)
            return 0;
        expected = ranged ? mem_printf("a whole number from %" PRId64 " to %" PRId64, min, max)
                          : mem_strdup("a whole number");
    } else {
        v = (int64_t)strlen(text);
        if (!ranged || (v >= option->min && v <= option->max))
            return 0;
        expected = mem_printf("%" PRId64 " to %" PRId64 " bytes of text", option->min, option->max);
    }
    return wrong_value(at, option, NULL, expected);
}

static int check_choice(const struct at *at, const struct config_option_schema *option,
                        const char *text)
{
    const char *words[MAX_CHOICES];
    _cleanup_free_ char *choices = mem_strdup(option->choices);
    size_t count = 0;
    char *rest = choices;
    for (char *word; count < MAX_CHOICES && (word = strsep(&rest, "|")) != NULL;) {
        if (strcmp(word, text) == 0)
            return 0;
        words[count++] = word;
    }
    const char *near = text_nearest(text, words, count);
    _cleanup_free_ char *mend = near != NULL ? mem_printf("Did you mean %s?", near) : NULL;
    struct strbuf expected _cleanup_(strbuf_release) = STRBUF_INIT;
    strbuf_add_text(&expected, "one of ");
    for (size_t i = 0; i < count; i++)
        strbuf_add_format(&expected, "%s%s", i > 0 ? ", " : "", words[i]);
    return wrong_value(at, option, mend, expected.data);
}

static int check_boolean(const struct at *at, const struct config_option_schema *option,
                         char **text)
{
    int v = 0;
    if (parse_boolean(*text, &v) != 0)
        return wrong_value(at, option, BOOLEAN_MEND, "true or false");
    free(*text);
    *text = mem_strdup(v ? "true" : "false");
    return 0;
}

void check_value(const struct at *at, const struct config_option_schema *option,
                 struct config_value *value)
{
    value->secret = option->secret;
    if (!value->is_set)
        return;
    if (option->secret) {
        log_hide(value->text);
        if (value->exposed)
            warn_exposed(at);
    }
    int r = 0;
    switch (option->type) {
    case CONFIG_STRING:
    case CONFIG_INTEGER:
        r = check_range(at, option, value->text);
        break;
    case CONFIG_BOOLEAN:
        r = check_boolean(at, option, &value->text);
        break;
    case CONFIG_CHOICE:
        r = check_choice(at, option, value->text);
        break;
    }
    value->broken = r != 0;
}

static const struct config_option_schema *find_option(const struct config_option_schema *options,
                                                      size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(options[i].name, name) == 0)
            return &options[i];
    return NULL;
}

static struct config_value *find_value(struct config_value *values, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(values[i].name, name) == 0)
            return &values[i];
    return NULL;
}

/* "" when a setting that it refers to is not set. */
static char *expand_default(const char *def, const struct config_value *values, size_t count)
{
    struct strbuf out = STRBUF_INIT;
    for (const char *at = def; *at != '\0';) {
        size_t len = strncmp(at, "${", 2) == 0 ? strcspn(at, "}") : 0;
        if (len == 0 || at[len] != '}') {
            strbuf_add_char(&out, *at++);
            continue;
        }
        _cleanup_free_ char *name = mem_strndup(at + 2, len - 2);
        const struct config_value *value = NULL;
        for (size_t i = 0; i < count && value == NULL; i++)
            if (strcmp(values[i].name, name) == 0 && values[i].is_set)
                value = &values[i];
        if (value == NULL) {
            strbuf_release(&out);
            return mem_strdup("");
        }
        strbuf_add_text(&out, value->text);
        at += len + 1;
    }
    return strbuf_detach(&out);
}

static char *example_variable(const char *section, const char *name)
{
    char *text = mem_printf("%s_%s", section, name);
    for (char *c = text; *c != '\0'; c++)
        *c = (char)(*c == '-' ? '_' : toupper((unsigned char)*c));
    return text;
}

static void report_missing(const struct at *at, const char *section,
                           const struct config_option_schema *option)
{
    struct at here = at_find(at, option->name);
    _cleanup_free_ char *variable = example_variable(section, option->name);
    _cleanup_free_ char *mend =
        mem_printf("Write %s: \"${%s}\" and export %s", option->name, variable, variable);
    const char *help = option->help != NULL ? option->help : "";
    /* The sentence goes on after it. */
    int len = (int)strlen(help);
    len -= len > 0 && help[len - 1] == '.';
    at_problem(&here, mend, "a value is required%s%.*s%s", len > 0 ? " (" : "", len, help,
               len > 0 ? ")" : "");
}

/* Unset options get their default, or are reported when they are required. */
static void fill_values(const struct at *at, const char *section,
                        const struct config_option_schema *options, size_t count,
                        struct config_value **values, size_t *value_count)
{
    *values = mem_resize(*values, *value_count + count + 1, sizeof(**values));
    for (size_t i = 0; i < count; i++) {
        struct config_value *value = find_value(*values, *value_count, options[i].name);
        if (value == NULL) {
            value = &(*values)[(*value_count)++];
            *value = (struct config_value){.name = mem_strdup(options[i].name),
                                           .text = mem_strdup(""),
                                           .secret = options[i].secret};
        }
        if (value->is_set || value->broken)
            continue;
        const char *def = options[i].def != NULL ? options[i].def : "";
        if (options[i].required && def[0] == '\0' && !at->lenient)
            report_missing(at, section, &options[i]);
        free(value->text);
        value->text = expand_default(def, *values, *value_count);
        value->is_set = value->text[0] != '\0';
        value->mark = (struct config_mark){0, 0};
    }
}

static const char **known_names(const char *const *own, size_t own_count,
                                const struct config_option_schema *options, size_t count,
                                const char *prefix)
{
    const char **known = mem_array(own_count + count + 1, sizeof(*known));
    size_t skip = strlen(prefix);
    for (size_t i = 0; i < own_count; i++)
        known[i] = own[i];
    for (size_t i = 0; i < count; i++)
        if (strncmp(options[i].name, prefix, skip) == 0)
            known[own_count + i] = options[i].name + skip;
    return known;
}

void check_settings(const struct at *at, const struct config_platform_schema *platform,
                    struct config_connector *connector)
{
    _cleanup_free_ const char **known = known_names(
        connector_keys, connector_key_count, platform->settings, platform->setting_count, "");
    for (size_t i = 0; at->node != NULL && i < at->node->count; i++) {
        struct at entry = at_child(at, &at->node->entries[i]);
        if (word_known(entry.name, connector_keys, connector_key_count))
            continue;
        const struct config_option_schema *option =
            find_option(platform->settings, platform->setting_count, entry.name);
        struct config_value *value =
            find_value(connector->settings, connector->setting_count, entry.name);
        if (option == NULL)
            at_unknown(&entry, known, connector_key_count + platform->setting_count);
        else if (value == NULL)
            at_expected(&entry, NULL, "a single value");
        else
            check_value(&entry, option, value);
    }
    fill_values(at, platform->name, platform->settings, platform->setting_count,
                &connector->settings, &connector->setting_count);
}

static int has_prefix(const struct config_source_schema *schema, const char *prefix)
{
    for (size_t i = 0; i < schema->option_count; i++)
        if (strncmp(schema->options[i].name, prefix, strlen(prefix)) == 0)
            return 1;
    return 0;
}

static void add_option(const struct at *at, const struct config_option_schema *option,
                       struct config_source *source)
{
    if (find_value(source->options, source->option_count, option->name) != NULL) {
        at_key_problem(at, "Keep one of the two", "the option %s is given twice", option->name);
        return;
    }
    source->options =
        mem_resize(source->options, source->option_count + 1, sizeof(*source->options));
    struct config_value *value = &source->options[source->option_count++];
    read_value(at, option->name, value);
    check_value(at, option, value);
}

/* webhook: {token: x} is another way to write webhook_token: x. */
static void check_options(const struct at *at, const char *prefix,
                          const struct config_source_schema *schema, struct config_source *source)
{
    size_t own_count = prefix[0] == '\0' ? source_key_count : 0;
    _cleanup_free_ const char **known =
        known_names(source_keys, own_count, schema->options, schema->option_count, prefix);
    for (size_t i = 0; i < at->node->count; i++) {
        struct at entry = at_child(at, &at->node->entries[i]);
        _cleanup_free_ char *name = mem_printf("%s%s", prefix, entry.name);
        _cleanup_free_ char *deeper = mem_printf("%s_", name);
        const struct config_option_schema *option =
            find_option(schema->options, schema->option_count, name);
        if (own_count > 0 && word_known(entry.name, source_keys, own_count))
            continue;
        if (entry.node->kind == NODE_MAPPING && has_prefix(schema, deeper))
            check_options(&entry, deeper, schema, source);
        else if (option == NULL)
            at_unknown(&entry, known, own_count + schema->option_count);
        else
            add_option(&entry, option, source);
    }
}

void check_source_options(const struct at *at, const struct config_source_schema *schema,
                          struct config_source *source)
{
    options_clear(source);
    if (at->node != NULL && at->node->kind == NODE_MAPPING)
        check_options(at, "", schema, source);
    fill_values(at, source->name, schema->options, schema->option_count, &source->options,
                &source->option_count);
}
