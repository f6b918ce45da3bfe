/* SPDX-License-Identifier: Apache-2.0 */
#include "base/mem.h"
#include "map/email.h"
#include "map/mapping_internal.h"
#include "map/phone.h"

#include <string.h>
#include <strings.h>

static int is_key(const struct mapping_field *field)
{
    return strcasecmp(field->attribute, "email") == 0;
}

/* Brevo's own identifiers that are not attributes, whatever the account lists. */
static int check_field(const struct mapping_options *options, size_t i, struct err_info *e)
{
    const struct mapping_field *field = &options->fields[i];
    if (!json_path_valid(field->path))
        return err_set(e, ERR_CONFIG, field->where, "Write it like user_metadata.phone",
                       "'%s' is not a path of the source object", field->path);
    if (strcasecmp(field->attribute, "EXT_ID") == 0)
        return err_set(e, ERR_CONFIG, field->where, "Map the field to another attribute",
                       "EXT_ID is an identifier of Brevo's, not an attribute");
    for (size_t k = 0; k < i; k++)
        if (strcasecmp(options->fields[k].attribute, field->attribute) == 0)
            return err_set(e, ERR_CONFIG, field->where, "Keep one of the two lines",
                           "The attribute %s is already filled from '%s'%s%s", field->attribute,
                           options->fields[k].path, options->fields[k].where != NULL ? " at " : "",
                           options->fields[k].where != NULL ? options->fields[k].where : "");
    return 0;
}

static int check_path(const char *path, const char *what, struct err_info *e)
{
    if (path == NULL || json_path_valid(path))
        return 0;
    return err_set(e, ERR_CONFIG, NULL, "Write it like user_metadata.marketing_opt_in",
                   "%s: '%s' is not a path of the source object", what, path);
}

static int check_options(const struct mapping_options *options, struct err_info *e)
{
    size_t keys = 0;
    int r = 0;
    for (size_t i = 0; i < options->field_count; i++) {
        if ((r = check_field(options, i, e)) < 0)
            return r;
        keys += (size_t)is_key(&options->fields[i]);
    }
    if (keys == 0)
        return err_set(e, ERR_CONFIG, NULL, "Add a line such as 'email: email'",
                       "field_mapping has no line for email, the key of a Brevo contact");
    for (size_t i = 0; i < options->list_count; i++)
        if ((r = check_path(options->lists[i].field, options->lists[i].name, e)) < 0)
            return r;
    if ((r = check_path(options->consent_field, "consent.field", e)) < 0 ||
        (r = check_path(options->email_verified_path, "email_verified", e)) < 0 ||
        (r = check_path(options->last_login_path, "last_login", e)) < 0 ||
        (r = check_path(options->created_at_path, "created_at", e)) < 0)
        return r;
    if (options->verified_only && options->email_verified_path == NULL)
        return err_set(e, ERR_CONFIG, NULL, "Remove verified_only",
                       "The platform does not say which addresses are verified");
    if (options->phone_region != NULL && !phone_region_valid(options->phone_region))
        return err_set(e, ERR_CONFIG, NULL, "Write the calling code in digits, such as 49",
                       "'%s' is not a telephone calling code", options->phone_region);
    return 0;
}

static int is_phone_name(const char *attribute)
{
    return strcasecmp(attribute, "SMS") == 0 || strcasecmp(attribute, "WHATSAPP") == 0 ||
           strcasecmp(attribute, "LANDLINE_NUMBER") == 0;
}

static void add_path(struct mapping *m, const char *path)
{
    if (path == NULL)
        return;
    for (size_t i = 0; i < m->path_count; i++)
        if (strcmp(m->paths[i], path) == 0)
            return;
    m->paths[m->path_count++] = path;
}

static void collect_paths(struct mapping *m)
{
    /* The key and four roles beside fields and lists, and the end. */
    m->paths = mem_array(m->field_count + m->list_count + 6, sizeof *m->paths);
    add_path(m, m->email_path);
    for (size_t i = 0; i < m->field_count; i++)
        add_path(m, m->fields[i].source.path);
    for (size_t i = 0; i < m->list_count; i++)
        add_path(m, m->lists[i].field);
    add_path(m, m->email_verified_path);
    add_path(m, m->last_login_path);
    add_path(m, m->created_at_path);
    add_path(m, m->consent_field);
}

static void copy_field(struct mapping *m, const struct mapping_field *from)
{
    struct bound_field *field = &m->fields[m->field_count++];
    field->source.path = mem_strdup(from->path);
    field->source.attribute = mem_strdup(from->attribute);
    field->source.where = mem_strdup(from->where != NULL ? from->where : "field_mapping");
    field->source.source_type = from->source_type;
    field->is_phone = is_phone_name(from->attribute);
}

int mapping_new(const struct mapping_options *options, struct mapping **ret, struct err_info *e)
{
    int r = check_options(options, e);
    if (r < 0)
        return r;
    struct mapping *m = mem_alloc(sizeof *m);
    m->fields = mem_array(options->field_count, sizeof *m->fields);
    for (size_t i = 0; i < options->field_count; i++) {
        if (is_key(&options->fields[i]))
            m->email_path = mem_strdup(options->fields[i].path);
        else
            copy_field(m, &options->fields[i]);
    }
    m->lists = mem_array(options->list_count, sizeof *m->lists);
    m->list_count = options->list_count;
    for (size_t i = 0; i < m->list_count; i++) {
        m->lists[i].name = mem_strdup(options->lists[i].name);
        m->lists[i].field = mem_strdup(options->lists[i].field);
        m->lists[i].id = options->lists[i].id;
    }
    m->email_verified_path = mem_strdup(options->email_verified_path);
    m->verified_only = options->verified_only;
    m->last_login_path = mem_strdup(options->last_login_path);
    m->created_at_path = mem_strdup(options->created_at_path);
    m->consent_field = mem_strdup(options->consent_field);
    m->phone_region = mem_strdup(options->phone_region);
    m->decides = json_array();
    collect_paths(m);
    *ret = m;
    return 0;
}

struct mapping *mapping_free(struct mapping *m)
{
    if (m == NULL)
        return NULL;
    for (size_t i = 0; i < m->field_count; i++) {
        free(m->fields[i].source.path);
        free(m->fields[i].source.attribute);
        free(m->fields[i].source.where);
        attribute_clear(&m->fields[i].attribute);
    }
    for (size_t i = 0; i < m->list_count; i++) {
        free(m->lists[i].name);
        free(m->lists[i].field);
    }
    free(m->fields);
    free(m->lists);
    free(m->email_path);
    free(m->email_verified_path);
    free(m->last_login_path);
    free(m->created_at_path);
    free(m->consent_field);
    free(m->phone_region);
    free(m->paths);
    json_decref(m->decides);
    free(m);
    return NULL;
}

const char *const *mapping_paths(const struct mapping *mapping)
{
    return mapping->paths;
}

const char *mapping_skip_name(enum mapping_skip skip)
{
    static const char *const names[SKIP_COUNT] = {
        [SKIP_NONE] = "none",
        [SKIP_NO_EMAIL] = "no_email",
        [SKIP_INVALID_EMAIL] = "invalid_email",
        [SKIP_NOT_VERIFIED] = "not_verified",
        [SKIP_NO_CONSENT] = "no_consent",
        [SKIP_FILTERED] = "filtered",
    };
    return (unsigned)skip < SKIP_COUNT ? names[skip] : "unknown";
}

const char *mapping_loss_name(enum mapping_loss loss)
{
    static const char *const names[LOSS_COUNT] = {
        [LOSS_INVALID_PHONE] = "invalid_phone",
        [LOSS_SHARED_PHONE] = "shared_phone",
        [LOSS_UNCONVERTIBLE] = "unconvertible",
    };
    return (unsigned)loss < LOSS_COUNT ? names[loss] : "unknown";
}
