/* SPDX-License-Identifier: Apache-2.0
 *
 * Creating the attributes that a mapping wants and the account lacks, one call after the other.
 */
#include "base/mem.h"
#include "brevo/internal.h"
#include "log/log.h"

struct wanted_attribute {
    char *name;
    const char *type;
};

struct create {
    LIST_ENTRY(create) in_brevo;
    struct brevo *brevo;
    struct loop_timer start;
    struct wanted_attribute *wanted;
    size_t count;
    size_t next;
    struct err_info refused; /* before anything was asked */
    brevo_done done;
    void *arg;
};

static const char *type_name(enum attribute_type type)
{
    switch (type) {
    case ATTRIBUTE_DATE:
        return "date";
    case ATTRIBUTE_FLOAT:
        return "float";
    case ATTRIBUTE_BOOLEAN:
        return "boolean";
    case ATTRIBUTE_TEXT:
    case ATTRIBUTE_CATEGORY: /* options nobody knows yet: text takes any */
    case ATTRIBUTE_MULTIPLE_CHOICE:
    case ATTRIBUTE_OTHER:
        break;
    }
    return "text";
}

/* What Brevo documents by example only: capitals, digits and underscores. */
static int name_is_safe(const char *name)
{
    size_t len = strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_");
    return name[len] == '\0' && len >= 1 && len <= 50 && name[0] >= 'A' && name[0] <= 'Z';
}

static void free_create(struct create *c)
{
    loop_timer_clear(c->brevo->loop, &c->start);
    LIST_REMOVE(c, in_brevo);
    for (size_t i = 0; i < c->count; i++)
        free(c->wanted[i].name);
    free(c->wanted);
    free(c);
}

static void end_create(struct create *c, const struct err_info *e)
{
    brevo_done done = c->done;
    void *arg = c->arg;
    struct brevo *brevo = c->brevo;
    int created = c->next > 0;
    free_create(c);
    if (e == NULL && created)
        brevo_prepare(brevo, 0, done, arg);
    else if (done != NULL)
        done(arg, e != NULL ? e->code : 0, e);
}

static void create_next(struct create *c);

static void attribute_came(void *arg, const struct http_response *response,
                           const struct err_info *e)
{
    struct create *c = arg;
    const struct wanted_attribute *wanted = &c->wanted[c->next];
    struct err_info wrong = {0};
    if (response == NULL) {
        end_create(c, e);
        return;
    }
    if (response->status != 201 && response->status != 204) {
        _cleanup_json_ json_t *json = reply_json(response);
        const char *message = json_string_value(json_object_get(json, "message"));
        /* Somebody else may just have created it. */
        if (message == NULL || strcasestr(message, "already exist") == NULL) {
            if (reply_error(response, "POST /contacts/attributes", &wrong) == ERR_DATA)
                err_set(&wrong, ERR_CONFIG, "POST /contacts/attributes",
                        "create it in Brevo under Contacts > Settings > Contact attributes",
                        "Brevo refused to create the attribute %s: %s", wanted->name,
                        message != NULL ? message : "no reason given");
            end_create(c, &wrong);
            return;
        }
    }
    log_line(LOG_LEVEL_INFO, "brevo", "attribute created", "name=%s type=%s",
             log_quote(wanted->name), wanted->type);
    c->next++;
    create_next(c);
}

static void create_next(struct create *c)
{
    if (c->next == c->count) {
        end_create(c, NULL);
        return;
    }
    const struct wanted_attribute *wanted = &c->wanted[c->next];
    _cleanup_(strbuf_release) struct strbuf path = STRBUF_INIT;
    strbuf_add_format(&path, "/contacts/attributes/normal/%s", wanted->name);
    _cleanup_json_ json_t *body = json_object();
    json_object_set_new(body, "type", json_string(wanted->type));
    const struct call call = {.method = "POST",
                              .path = path.data,
                              .endpoint = "POST /contacts/attributes",
                              .body = body,
                              .once = 1,
                              .apart = 1};
    call_send(c->brevo, &call, attribute_came, c);
}

static void start_create(void *arg)
{
    struct create *c = arg;
    if (c->refused.code != 0) {
        struct err_info refused = c->refused;
        end_create(c, &refused);
        return;
    }
    create_next(c);
}

void brevo_create_attributes(struct brevo *brevo, const struct mapping_problem *problems,
                             size_t count, brevo_done done, void *arg)
{
    struct create *c = mem_alloc(sizeof(*c));
    LIST_INSERT_HEAD(&brevo->creates, c, in_brevo);
    c->brevo = brevo;
    c->done = done;
    c->arg = arg;
    c->wanted = mem_array(count + 1, sizeof(*c->wanted));
    for (size_t i = 0; i < count && brevo->create_attributes; i++) {
        if (!problems[i].missing)
            continue;
        if (!name_is_safe(problems[i].attribute)) {
            err_set(&c->refused, ERR_CONFIG, problems[i].where,
                    "attribute names are capitals, digits and underscores, at most 50",
                    "%s cannot be created in Brevo", problems[i].attribute);
            break;
        }
        c->wanted[c->count++] = (struct wanted_attribute){mem_strdup(problems[i].attribute),
                                                          type_name(problems[i].suggested)};
    }
    loop_timer_set(brevo->loop, &c->start, 0, start_create, c);
}

void creates_free(struct brevo *brevo)
{
    while (!LIST_EMPTY(&brevo->creates))
        free_create(LIST_FIRST(&brevo->creates));
}
