/* SPDX-License-Identifier: Apache-2.0
 *
 * One Auth0 tenant: its users, tokens, jobs and limits.
 *
 * Users have places (slots): the generated ones come first, added ones after them. A user that was
 * changed or deleted has a struct change; all others are generated when asked for. A search sees a
 * change only `search_delay_ms` later, so a change also keeps what stood there before. The caller
 * holds the sandbox's lock, except during tenant_load_file(), which runs before the server.
 */
#ifndef SANDBOX_TENANT_H
#define SANDBOX_TENANT_H

#include "keymap.h"
#include "limit.h"
#include "settings.h"
#include "user.h"

#include <jansson.h>

#define TENANT_TOKENS 1024
#define TENANT_JOBS   256
#define TENANT_LINKS  256

enum auth0_family {
    AUTH0_READ_USERS,
    AUTH0_WRITE_USERS,
    AUTH0_READ_LOGS,
    AUTH0_OTHER,
    AUTH0_LOGIN,
    AUTH0_FAMILIES,
};

struct token {
    char *text;
    int64_t expires_ms;
    bool revoked;
};

struct export_field {
    char *path;
    char *name; /* under which it is exported */
    user_field_writer *write;
};

struct job {
    char id[24];
    int64_t created_ms;
    int64_t done_ms;
    uint64_t users; /* how many it was created for */
    uint64_t limit; /* 0: none */
    bool csv;
    struct export_field *fields;
    size_t field_count;
    unsigned references; /* the table and running downloads */
};

struct link {
    char key[33];
    int64_t expires_ms;
    struct job *job;
};

/* Where a user's data is: generated at `index`, or held in `object`. */
struct user_view {
    bool generated;
    uint64_t index;
    json_t *object; /* borrowed */
};

enum before { BEFORE_GENERATED, BEFORE_OBJECT, BEFORE_ABSENT };

struct change {
    char *user_id;
    uint64_t slot;
    json_t *now; /* NULL: deleted */
    enum before before_kind;
    json_t *before;
    int64_t visible_ms; /* from then on searches see `now` */
};

struct tenant {
    const struct settings *settings;
    char *client_secret;
    uint64_t seed;
    uint64_t generated;
    bool secrets; /* identities show the tokens of their providers */

    struct change *changes;
    size_t change_count;
    struct keymap changes_by_id;
    uint8_t *changed; /* a bit for each generated user: look into changes_by_slot */
    struct keymap changes_by_slot;
    uint32_t *added; /* the change of each added slot */
    size_t added_count;
    size_t deleted_count;

    struct token tokens[TENANT_TOKENS];
    uint64_t token_count;
    struct job *jobs[TENANT_JOBS];
    uint64_t job_count;
    struct link links[TENANT_LINKS];
    uint64_t link_count;
    struct bucket overall;
    struct bucket families[AUTH0_FAMILIES];
};

struct tenant *tenant_create(const struct settings *settings);
struct tenant *tenant_release(struct tenant *tenant);
/* Adds the users of an NDJSON file; false with the reason printed, naming file and line. */
bool tenant_load_file(struct tenant *tenant, const char *path);

uint64_t tenant_count_slots(const struct tenant *tenant);
uint64_t tenant_count_users(const struct tenant *tenant);
/* The user at a slot; false when there is none. `searching` shows delayed changes late. */
bool tenant_get_slot(const struct tenant *tenant, uint64_t slot, bool searching,
                     struct user_view *ret_view);
bool tenant_find_user(const struct tenant *tenant, const char *user_id, struct user_view *ret_view);
/* Merges the root keys of `patch` into the user, or adds him; a null removes a key, and updated_at
 * becomes now unless given. `settled` changes are seen by searches at once. False with a reason. */
bool tenant_put_user(struct tenant *tenant, json_t *patch, bool settled, const char **ret_reason);
bool tenant_delete_user(struct tenant *tenant, const char *user_id);

/* The user as a new JSON object. */
json_t *tenant_view_object(const struct tenant *tenant, const struct user_view *view);
void tenant_write_view(const struct tenant *tenant, const struct user_view *view,
                       struct buffer *buffer);

#endif
