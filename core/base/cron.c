/* SPDX-License-Identifier: Apache-2.0 */
#include "base/cron.h"

#include "base/civil.h"

#include <string.h>
#include <strings.h>

#define FIELDS   5
#define MAX_TEXT 256

struct field {
    const char *name;
    int min, max;
    const char *const *names; /* of min, min + 1 ... */
    int name_count;
};

static const char *const month_names[] = {"jan", "feb", "mar", "apr", "may", "jun",
                                          "jul", "aug", "sep", "oct", "nov", "dec"};
static const char *const weekday_names[] = {"sun", "mon", "tue", "wed", "thu", "fri", "sat"};

static const struct field fields[FIELDS] = {{"minute", 0, 59, NULL, 0},
                                            {"hour", 0, 23, NULL, 0},
                                            {"day of month", 1, 31, NULL, 0},
                                            {"month", 1, 12, month_names, 12},
                                            {"weekday", 0, 7, weekday_names, 7}};

static const char *const shortcuts[][2] = {
    {"@hourly", "0 * * * *"},   {"@daily", "0 0 * * *"},   {"@midnight", "0 0 * * *"},
    {"@weekly", "0 0 * * 0"},   {"@monthly", "0 0 1 * *"}, {"@yearly", "0 0 1 1 *"},
    {"@annually", "0 0 1 1 *"},
};

static const char mend_text[] =
    "Write five fields: minute hour day-of-month month weekday, such as \"0 */4 * * *\" for every "
    "four hours, or @hourly, @daily, @weekly, @monthly";

/* Digits or a name. Returns the length taken, 0: neither. */
static size_t take_value(const struct field *field, const char *at, size_t len, int *ret)
{
    size_t n = 0;
    int v = 0;
    while (n < len && n < 4 && at[n] >= '0' && at[n] <= '9')
        v = v * 10 + (at[n++] - '0');
    for (int i = 0; n == 0 && len >= 3 && i < field->name_count; i++) {
        if (strncasecmp(at, field->names[i], 3) == 0) {
            v = field->min + i;
            n = 3;
        }
    }
    *ret = v;
    return n;
}

static int field_error(const struct field *field, const char *at, size_t len, const char *problem,
                       struct err_info *e)
{
    return err_set(e, ERR_CONFIG, NULL, mend_text, "the %s field \"%.*s\" %s (%d to %d)",
                   field->name, (int)(len > 40 ? 40 : len), at, problem, field->min, field->max);
}

struct piece {
    const struct field *field;
    const char *text; /* for sentences */
    size_t len;
    const char *at;
    const char *end;
    int from, to, step;
};

static int piece_error(const struct piece *p, const char *problem, struct err_info *e)
{
    return field_error(p->field, p->text, p->len, problem, e);
}

/* "*", "a" or "a-b" */
static int take_range(struct piece *p, struct err_info *e)
{
    p->from = p->field->min;
    p->to = p->field->max;
    if (p->at < p->end && *p->at == '*') {
        p->at++;
        if (p->field->max == 7)
            p->to = 6; /* else a step could count Sunday twice */
        return 0;
    }
    size_t n = take_value(p->field, p->at, p->len, &p->from);
    if (n == 0)
        return piece_error(p, "is neither *, a value nor a range", e);
    p->at += n;
    if (p->at == p->end || *p->at != '/')
        p->to = p->from;
    if (p->at < p->end && *p->at == '-') {
        n = take_value(p->field, p->at + 1, (size_t)(p->end - p->at - 1), &p->to);
        p->at += n + 1;
        if (n == 0)
            return piece_error(p, "has a range without an end", e);
    }
    return 0;
}

static int take_step(struct piece *p, struct err_info *e)
{
    static const struct field plain = {"step", 1, 59, NULL, 0};
    p->step = 1;
    if (p->at == p->end || *p->at != '/')
        return 0;
    size_t n = take_value(&plain, p->at + 1, (size_t)(p->end - p->at - 1), &p->step);
    p->at += n + 1;
    if (n == 0 || p->step < 1 || p->step > p->field->max)
        return piece_error(p, "has a step that is not in range", e);
    return 0;
}

/* One piece of a list: a range, with "/step" or without. */
static int parse_piece(const struct field *field, const char *at, size_t len, uint64_t *bits,
                       struct err_info *e)
{
    struct piece p = {.field = field, .text = at, .len = len, .at = at, .end = at + len};
    int r = take_range(&p, e);
    if (r == 0)
        r = take_step(&p, e);
    if (r != 0)
        return r;
    if (p.at != p.end)
        return piece_error(&p, "has something after its value", e);
    if (p.from < field->min || p.to > field->max)
        return piece_error(&p, "is out of range", e);
    if (p.from > p.to)
        return piece_error(&p, "is a range that ends before it starts", e);
    for (int v = p.from; v <= p.to; v += p.step)
        *bits |= UINT64_C(1) << v;
    return 0;
}

static int parse_field(const struct field *field, const char *at, size_t len, uint64_t *ret,
                       struct err_info *e)
{
    uint64_t bits = 0;
    const char *end = at + len;
    for (;;) {
        const char *comma = memchr(at, ',', (size_t)(end - at));
        const char *stop = comma != NULL ? comma : end;
        int r = parse_piece(field, at, (size_t)(stop - at), &bits, e);
        if (r != 0)
            return r;
        if (comma == NULL)
            break;
        at = comma + 1;
    }
    *ret = bits;
    return 0;
}

/* 31 February alone would be searched for in vain. */
static int date_exists(const struct cron *cron)
{
    if (!cron->any_weekday)
        return 1; /* every weekday exists, and either is enough */
    for (int month = 1; month <= 12; month++) {
        uint64_t upto = (UINT64_C(2) << civil_month_days(2000, month)) - 2;
        if ((cron->months >> month & 1) != 0 && (cron->days & upto) != 0)
            return 1;
    }
    return 0;
}

static const char *resolve_shortcut(const char *text)
{
    for (size_t i = 0; i < sizeof(shortcuts) / sizeof(shortcuts[0]); i++)
        if (strcasecmp(text, shortcuts[i][0]) == 0)
            return shortcuts[i][1];
    return text;
}

int cron_parse(const char *text, struct cron *ret, struct err_info *e)
{
    const char *at = resolve_shortcut(text);
    struct cron cron = {0};
    uint64_t *bits[FIELDS] = {&cron.minutes, &cron.hours, &cron.days, &cron.months, &cron.weekdays};
    int count = 0;
    if (at[0] == '@')
        return err_set(e, ERR_CONFIG, NULL, mend_text, "\"%.64s\" is no known short form", at);
    if (strlen(at) > MAX_TEXT)
        return err_set(e, ERR_CONFIG, NULL, mend_text, "the schedule is longer than %d characters",
                       MAX_TEXT);
    for (at += strspn(at, " \t"); *at != '\0'; count++) {
        size_t len = strcspn(at, " \t");
        if (count < FIELDS) {
            int r = parse_field(&fields[count], at, len, bits[count], e);
            if (r != 0)
                return r;
        }
        if (count == 2)
            cron.any_day = at[0] == '*';
        if (count == 4)
            cron.any_weekday = at[0] == '*';
        at += len;
        at += strspn(at, " \t");
    }
    if (count != FIELDS)
        return err_set(e, ERR_CONFIG, NULL, mend_text,
                       "the schedule \"%.64s\" has %d fields instead of 5", text, count);
    cron.weekdays = (cron.weekdays | cron.weekdays >> 7) & 0x7F;
    if (!date_exists(&cron))
        return err_set(e, ERR_CONFIG, NULL, mend_text,
                       "the schedule \"%.64s\" names a date that no year has", text);
    *ret = cron;
    return 0;
}
