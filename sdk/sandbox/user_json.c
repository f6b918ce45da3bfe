/* SPDX-License-Identifier: Apache-2.0 */
#include "user.h"

#include <string.h>

struct user_field {
    const char *path;
    user_field_writer *write;
};

static bool add_text(struct buffer *buffer, const char *text)
{
    if (!text || !*text) {
        return false;
    }
    buffer_add_string(buffer, text, strlen(text));
    return true;
}

static bool add_flag(struct buffer *buffer, enum user_flag flag)
{
    if (flag != USER_ABSENT) {
        buffer_add_text(buffer, flag == USER_TRUE ? "true" : "false");
    }
    return flag != USER_ABSENT;
}

static bool add_moment(struct buffer *buffer, int64_t ms)
{
    if (ms) {
        buffer_add_moment(buffer, ms);
    }
    return ms != 0;
}

#define FIELD(name, expression)                                                                    \
    static bool write_##name(const struct user *user, bool secrets, struct buffer *buffer)         \
    {                                                                                              \
        (void)secrets;                                                                             \
        return expression;                                                                         \
    }

FIELD(user_id, add_text(buffer, user->id))
FIELD(email, add_text(buffer, user->email))
FIELD(email_verified, add_flag(buffer, user->email_verified))
FIELD(given_name, add_text(buffer, user->given))
FIELD(family_name, add_text(buffer, user->family))
FIELD(name, add_text(buffer, user->name[0] ? user->name : NULL))
FIELD(nickname, add_text(buffer, user->nickname))
FIELD(created_at, add_moment(buffer, user->times.created_ms))
FIELD(updated_at, add_moment(buffer, user->times.updated_ms))
FIELD(last_login, add_moment(buffer, user->times.last_login_ms))
FIELD(phone, add_text(buffer, user->phone))
FIELD(company, add_text(buffer, user->company))
FIELD(opt_in, add_flag(buffer, user->opt_in))
FIELD(plan, add_text(buffer, user->plan))
FIELD(role, add_text(buffer, user->role))
FIELD(connection, add_text(buffer, user->provider->connection))
FIELD(provider, add_text(buffer, user->provider->name))
FIELD(local_id, add_text(buffer, user->local_id))
FIELD(is_social, add_flag(buffer, user->provider->social ? USER_TRUE : USER_FALSE))

static bool write_picture(const struct user *user, bool secrets, struct buffer *buffer)
{
    (void)secrets;
    char hash[16];
    for (unsigned i = 0; i < sizeof(hash); i++) {
        hash[i] = "0123456789abcdef"[user->picture >> (i * 4) & 15];
    }
    buffer_add_text(buffer, "\"https://s.gravatar.com/avatar/");
    buffer_add(buffer, hash, sizeof(hash));
    buffer_add(buffer, hash, sizeof(hash));
    buffer_add_text(buffer, "?s=480&r=pg&d=https%3A%2F%2Fcdn.auth0.com%2Favatars%2Fdefault.png\"");
    return true;
}

static bool write_logins_count(const struct user *user, bool secrets, struct buffer *buffer)
{
    (void)secrets;
    if (user->logins) {
        buffer_add_number(buffer, user->logins);
    }
    return user->logins != 0;
}

static bool write_last_ip(const struct user *user, bool secrets, struct buffer *buffer)
{
    (void)secrets;
    if (!user->logins) {
        return false;
    }
    buffer_add_text(buffer, "\"198.51.");
    buffer_add_number(buffer, user->ip >> 8 & 255);
    buffer_add_char(buffer, '.');
    buffer_add_number(buffer, user->ip & 255);
    buffer_add_char(buffer, '"');
    return true;
}

static void add_identity_secrets(const struct user *user, struct buffer *buffer)
{
    buffer_add_text(buffer, ",\"access_token\":\"PLANTED-ACCESS-");
    buffer_add_text(buffer, user->local_id);
    buffer_add_text(buffer, "\",\"refresh_token\":\"PLANTED-REFRESH-");
    buffer_add_text(buffer, user->local_id);
    buffer_add_char(buffer, '"');
}

static bool write_identity(const struct user *user, bool secrets, struct buffer *buffer)
{
    buffer_add_text(buffer, "{\"connection\":\"");
    buffer_add_text(buffer, user->provider->connection);
    buffer_add_text(buffer, "\",\"user_id\":\"");
    buffer_add_text(buffer, user->local_id);
    buffer_add_text(buffer, "\",\"provider\":\"");
    buffer_add_text(buffer, user->provider->name);
    buffer_add_text(buffer,
                    user->provider->social ? "\",\"isSocial\":true" : "\",\"isSocial\":false");
    if (secrets) {
        add_identity_secrets(user, buffer);
    }
    buffer_add_char(buffer, '}');
    return true;
}

static bool write_identities(const struct user *user, bool secrets, struct buffer *buffer)
{
    buffer_add_char(buffer, '[');
    write_identity(user, secrets, buffer);
    buffer_add_char(buffer, ']');
    return true;
}

/* Writes {"a":...,"b":...} of the fields there are; no object at all when there are none. */
static bool add_object(const struct user *user, bool secrets, const struct user_field *fields,
                       size_t count, struct buffer *buffer)
{
    size_t start = buffer->used;
    for (size_t i = 0; i < count; i++) {
        size_t before = buffer->used;
        buffer_add_char(buffer, before == start ? '{' : ',');
        buffer_add_char(buffer, '"');
        buffer_add_text(buffer, fields[i].path);
        buffer_add(buffer, "\":", 2);
        if (!fields[i].write(user, secrets, buffer)) {
            buffer->used = before;
        }
    }
    if (buffer->used == start) {
        return false;
    }
    buffer_add_char(buffer, '}');
    return true;
}

static bool write_user_metadata(const struct user *user, bool secrets, struct buffer *buffer)
{
    static const struct user_field fields[] = {
        {"phone", write_phone},
        {"company", write_company},
        {"marketing_opt_in", write_opt_in},
    };
    return add_object(user, secrets, fields, SANDBOX_COUNT(fields), buffer);
}

static bool write_app_metadata(const struct user *user, bool secrets, struct buffer *buffer)
{
    static const struct user_field fields[] = {{"plan", write_plan}, {"role", write_role}};
    return add_object(user, secrets, fields, SANDBOX_COUNT(fields), buffer);
}

static const struct user_field root_fields[] = {
    {"created_at", write_created_at},
    {"email", write_email},
    {"email_verified", write_email_verified},
    {"family_name", write_family_name},
    {"given_name", write_given_name},
    {"identities", write_identities},
    {"name", write_name},
    {"nickname", write_nickname},
    {"picture", write_picture},
    {"updated_at", write_updated_at},
    {"user_id", write_user_id},
    {"user_metadata", write_user_metadata},
    {"app_metadata", write_app_metadata},
    {"last_ip", write_last_ip},
    {"last_login", write_last_login},
    {"logins_count", write_logins_count},
};

/* Without an index: the values of all identities, as search sees them. */
static const struct user_field inner_fields[] = {
    {"user_metadata.phone", write_phone},
    {"user_metadata.company", write_company},
    {"user_metadata.marketing_opt_in", write_opt_in},
    {"app_metadata.plan", write_plan},
    {"app_metadata.role", write_role},
    {"identities[0]", write_identity},
    {"identities[0].connection", write_connection},
    {"identities[0].provider", write_provider},
    {"identities[0].user_id", write_local_id},
    {"identities[0].isSocial", write_is_social},
    {"identities.connection", write_connection},
    {"identities.provider", write_provider},
    {"identities.user_id", write_local_id},
    {"identities.isSocial", write_is_social},
};

static user_field_writer *search_fields(const struct user_field *fields, size_t count,
                                        const char *path)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(fields[i].path, path) == 0) {
            return fields[i].write;
        }
    }
    return NULL;
}

user_field_writer *user_find_field(const char *path)
{
    user_field_writer *write = search_fields(root_fields, SANDBOX_COUNT(root_fields), path);
    return write ? write : search_fields(inner_fields, SANDBOX_COUNT(inner_fields), path);
}

void user_write_json(const struct user *user, bool secrets, struct buffer *buffer)
{
    add_object(user, secrets, root_fields, SANDBOX_COUNT(root_fields), buffer);
}
