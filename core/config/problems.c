/* SPDX-License-Identifier: Apache-2.0 */
#include "config/private.h"

#include "base/mem.h"
#include "config/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define MAX_WHAT 512

struct at at_child(const struct at *parent, const struct node_entry *entry)
{
    return (struct at){.config = parent->config,
                       .parent = parent,
                       .name = entry->key,
                       .mark = entry->mark,
                       .node = entry->value,
                       .lenient = parent->lenient};
}

struct at at_find(const struct at *parent, const char *key)
{
    const struct node_entry *entry = node_find(parent->node, key);
    if (entry != NULL)
        return at_child(parent, entry);
    return (struct at){.config = parent->config,
                       .parent = parent,
                       .name = key,
                       .mark = parent->mark,
                       .lenient = parent->lenient};
}

const char *at_path(const struct at *at, char buf[CONFIG_PATH_SIZE])
{
    size_t len = 0;
    buf[0] = '\0';
    if (at->parent == NULL)
        return buf;
    at_path(at->parent, buf);
    len = strlen(buf);
    char name[TEXT_CLEAN_SIZE];
    const char *clean = at->name != NULL ? text_clean(at->name, name) : "item";
    if (len + strlen(clean) + 2 <= CONFIG_PATH_SIZE)
        snprintf(buf + len, CONFIG_PATH_SIZE - len, "%s%s", len > 0 ? "." : "", clean);
    return buf;
}

static int same_problem(const struct config_private *priv, struct config_mark mark,
                        const char *sentence)
{
    for (size_t i = 0; i < priv->problem_count; i++)
        if (priv->problems[i].mark.line == mark.line &&
            priv->problems[i].mark.column == mark.column &&
            strcmp(priv->problems[i].sentence, sentence) == 0)
            return 1;
    return 0;
}

static char *format_place(const char *file, struct config_mark mark)
{
    return mark.line > 0 ? mem_printf("%s:%d:%d", file, mark.line, mark.column) : mem_strdup(file);
}

/* A default at the top level is looked at once for every connector: equal problems count once. */
void problem_add(struct config *config, int is_warning, struct config_mark mark, const char *what,
                 const char *mend)
{
    struct config_private *priv = config->priv;
    if (priv->problem_count >= CONFIG_MAX_PROBLEMS)
        return;
    _cleanup_free_ char *place = format_place(config->file, mark);
    _cleanup_free_ char *sentence =
        mem_printf("%s: %s%s%s", place, what, mend != NULL ? ". " : "", mend != NULL ? mend : "");
    if (same_problem(priv, mark, sentence))
        return;
    size_t n = priv->problem_count++;
    priv->problems = mem_resize(priv->problems, n + 1, sizeof(*priv->problems));
    priv->parts = mem_resize(priv->parts, n + 1, sizeof(*priv->parts));
    priv->problems[n] = (struct config_problem){mark, is_warning, take_ptr(sentence)};
    priv->parts[n] = (struct problem_parts){mem_strdup(what), mem_strdup(mend)};
}

static void add_formatted(const struct at *at, int is_warning, struct config_mark mark,
                          const char *mend, const char *format, va_list args)
    __attribute__((format(printf, 5, 0)));

static void add_formatted(const struct at *at, int is_warning, struct config_mark mark,
                          const char *mend, const char *format, va_list args)
{
    char path[CONFIG_PATH_SIZE];
    char what[MAX_WHAT];
    at_path(at, path);
    int len = snprintf(what, sizeof(what), "%s%s", path, path[0] != '\0' ? ": " : "");
    vsnprintf(what + len, sizeof(what) - (size_t)len, format, args);
    problem_add(at->config, is_warning, mark, what, mend);
}

static struct config_mark value_mark(const struct at *at)
{
    return at->node != NULL ? at->node->mark : at->mark;
}

int at_problem(const struct at *at, const char *mend, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    add_formatted(at, 0, value_mark(at), mend, format, args);
    va_end(args);
    return ERR_CONFIG;
}

int at_key_problem(const struct at *at, const char *mend, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    add_formatted(at, 0, at->mark, mend, format, args);
    va_end(args);
    return ERR_CONFIG;
}

void at_warning(const struct at *at, const char *mend, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    add_formatted(at, 1, value_mark(at), mend, format, args);
    va_end(args);
}

int at_error(const struct at *at, const struct err_info *e)
{
    return at_problem(at, e->mend[0] != '\0' ? e->mend : NULL, "%s", e->what);
}

/* File order; what stands nowhere comes last. */
static int is_after(const struct config_mark *a, const struct config_mark *b)
{
    int a_line = a->line == 0 ? INT32_MAX : a->line;
    int b_line = b->line == 0 ? INT32_MAX : b->line;
    return a_line != b_line ? a_line > b_line : a->column > b->column;
}

static void sort(struct config_private *priv)
{
    for (size_t i = 1; i < priv->problem_count; i++) {
        struct config_problem problem = priv->problems[i];
        struct problem_parts parts = priv->parts[i];
        size_t j = i;
        for (; j > 0 && is_after(&priv->problems[j - 1].mark, &problem.mark); j--) {
            priv->problems[j] = priv->problems[j - 1];
            priv->parts[j] = priv->parts[j - 1];
        }
        priv->problems[j] = problem;
        priv->parts[j] = parts;
    }
}

int problems_finish(struct config *config, size_t since, struct err_info *e)
{
    struct config_private *priv = config->priv;
    size_t first = SIZE_MAX;
    for (size_t i = since; i < priv->problem_count; i++)
        if (!priv->problems[i].is_warning &&
            (first == SIZE_MAX || is_after(&priv->problems[first].mark, &priv->problems[i].mark)))
            first = i;
    int r = 0;
    if (first != SIZE_MAX) {
        _cleanup_free_ char *place = format_place(config->file, priv->problems[first].mark);
        r = err_set(e, ERR_CONFIG, place, priv->parts[first].mend, "%s", priv->parts[first].what);
    }
    sort(priv);
    return r;
}

void problems_free(struct config_private *priv)
{
    for (size_t i = 0; i < priv->problem_count; i++) {
        free(priv->problems[i].sentence);
        free(priv->parts[i].what);
        free(priv->parts[i].mend);
    }
    free(priv->problems);
    free(priv->parts);
}

const struct config_problem *config_problems(const struct config *config, size_t *ret_count)
{
    *ret_count = config->priv->problem_count;
    return config->priv->problems;
}
