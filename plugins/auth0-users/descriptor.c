/* SPDX-License-Identifier: Apache-2.0 */
#include "users.h"

#include "auth0/platform.h"

#define COUNT(table) (uint32_t)(sizeof(table) / sizeof((table)[0]))

#define OPTION(id, option_type, low, high, default_value, choice_list, help_text)                  \
    static const struct tajo_option option_##id = {.size = sizeof(struct tajo_option),             \
                                                   .type = (option_type),                          \
                                                   .min = (low),                                   \
                                                   .max = (high),                                  \
                                                   .name = TAJO_STR(#id),                          \
                                                   .def = TAJO_STR(default_value),                 \
                                                   .choices = TAJO_STR(choice_list),               \
                                                   .help = TAJO_STR(help_text)}

OPTION(query, TAJO_TYPE_STRING, 0, 4096, "", "",
       "Only users that match this query (Lucene, search engine v3); people who stop matching "
       "count as gone, and with more than 1,000 matches the users are read in windows of "
       "created_at, because Auth0 cannot filter an export.");
OPTION(page_size, TAJO_TYPE_INTEGER, 1, 100, "100", "",
       "Users asked for at once; tenants that refuse it get pages of 50.");
OPTION(mode, TAJO_TYPE_CHOICE, 0, 0, "auto", "auto|pages|export",
       "How a full run reads: auto takes an export job from 1,000 users on, pages searches in "
       "windows of created_at, export always takes an export job (but not with a query).");
OPTION(overlap_seconds, TAJO_TYPE_INTEGER, 0, 86400, "60", "",
       "How many seconds before its cursor an incremental run starts, because Auth0's search "
       "shows changes late.");
OPTION(export_timeout_seconds, TAJO_TYPE_INTEGER, 10, 86400, "3600", "",
       "How many seconds an export job may take.");

static const struct tajo_option *const options[] = {
    &option_query,
    &option_page_size,
    &option_mode,
    &option_overlap_seconds,
    &option_export_timeout_seconds,
};

static const struct tajo_permission read_users = {
    .size = sizeof(struct tajo_permission),
    .required = 1,
    .name = TAJO_STR("read:users"),
    .purpose = TAJO_STR("Reads user profiles: searches, single users and export jobs."),
    .mend = TAJO_STR("Grant read:users in " AUTH0_GRANT_PLACE
                     ", then let the host fetch a new token: old ones do not get it."),
};

static const struct tajo_permission *const permissions[] = {&read_users};

#define FIELD(id, field_type, field_role, field_path, brevo, text)                                 \
    static const struct tajo_field field_##id = {.size = sizeof(struct tajo_field),                \
                                                 .type = (field_type),                             \
                                                 .role = (field_role),                             \
                                                 .path = TAJO_STR(field_path),                     \
                                                 .attribute = TAJO_STR(brevo),                     \
                                                 .meaning = TAJO_STR(text)}

FIELD(email, TAJO_TYPE_STRING, TAJO_ROLE_EMAIL, "email", "email",
      "Address of the user; absent for phone-only, username-only and some social users.");
FIELD(given_name, TAJO_TYPE_STRING, 0, "given_name", "FIRSTNAME", "Given name.");
FIELD(family_name, TAJO_TYPE_STRING, 0, "family_name", "LASTNAME", "Family name.");
FIELD(nickname, TAJO_TYPE_STRING, 0, "nickname", "NICKNAME",
      "Nickname; by default the part of the address before the @.");
FIELD(picture, TAJO_TYPE_STRING, 0, "picture", "AVATAR_URL", "Address of a picture.");
FIELD(email_verified, TAJO_TYPE_BOOLEAN, TAJO_ROLE_EMAIL_VERIFIED, "email_verified",
      "EMAIL_VERIFIED", "Whether the address is verified; may be absent.");
FIELD(logins_count, TAJO_TYPE_INTEGER, 0, "logins_count", "LOGIN_COUNT",
      "Number of logins; absent before the first one.");
FIELD(last_login, TAJO_TYPE_DATETIME, TAJO_ROLE_LAST_LOGIN, "last_login", "LAST_LOGIN_DATE",
      "Last login; absent before the first one.");
FIELD(created_at, TAJO_TYPE_DATETIME, TAJO_ROLE_CREATED_AT, "created_at", "SIGNUP_DATE",
      "When the user was created.");
FIELD(user_phone, TAJO_TYPE_STRING, 0, "user_metadata.phone", "SMS",
      "Phone number that the application keeps in user_metadata.");
FIELD(user_company, TAJO_TYPE_STRING, 0, "user_metadata.company", "COMPANY",
      "Company that the application keeps in user_metadata.");
FIELD(app_plan, TAJO_TYPE_STRING, 0, "app_metadata.plan", "SUBSCRIPTION_PLAN",
      "Plan that the application keeps in app_metadata.");
FIELD(app_role, TAJO_TYPE_STRING, 0, "app_metadata.role", "USER_ROLE",
      "Role that the application keeps in app_metadata.");
FIELD(user_id, TAJO_TYPE_STRING, 0, "user_id", "", "Auth0's id of the user: provider|id.");
FIELD(username, TAJO_TYPE_STRING, 0, "username", "", "Username, in connections that have them.");
FIELD(phone_number, TAJO_TYPE_STRING, 0, "phone_number", "", "Phone number (E.164).");
FIELD(phone_verified, TAJO_TYPE_BOOLEAN, 0, "phone_verified", "",
      "Whether phone_number is verified.");
FIELD(name, TAJO_TYPE_STRING, 0, "name", "", "Full name; the address when none was given.");
FIELD(updated_at, TAJO_TYPE_DATETIME, 0, "updated_at", "",
      "Last change of the profile; a login is one too.");
FIELD(last_ip, TAJO_TYPE_STRING, 0, "last_ip", "", "IP address of the last login.");
FIELD(last_password_reset, TAJO_TYPE_DATETIME, 0, "last_password_reset", "",
      "Last change of the password.");
FIELD(multifactor, TAJO_TYPE_STRINGS, 0, "multifactor", "", "Enrolled second factors.");
FIELD(multifactor_last_modified, TAJO_TYPE_DATETIME, 0, "multifactor_last_modified", "",
      "Last change of the second factors.");
FIELD(blocked, TAJO_TYPE_BOOLEAN, 0, "blocked", "", "Whether an administrator blocked the user.");
FIELD(user_metadata, TAJO_TYPE_OBJECT, 0, "user_metadata", "",
      "What the application keeps about the user and the user may change.");
FIELD(app_metadata, TAJO_TYPE_OBJECT, 0, "app_metadata", "",
      "What the application keeps about the user and the user may not change.");
FIELD(identities, TAJO_TYPE_OBJECT, 0, "identities", "",
      "Linked identities, without tokens: identities[0].provider.");
FIELD(identities_social, TAJO_TYPE_BOOLEAN, 0, "identities.social", "",
      "Derived: whether any identity comes from a social provider.");
FIELD(identities_providers, TAJO_TYPE_STRINGS, 0, "identities.providers", "",
      "Derived: providers of all identities, sorted, each once.");
FIELD(identities_connections, TAJO_TYPE_STRINGS, 0, "identities.connections", "",
      "Derived: connections of all identities, sorted, each once.");

const struct tajo_field *const users_fields[] = {
    &field_email,
    &field_given_name,
    &field_family_name,
    &field_nickname,
    &field_picture,
    &field_email_verified,
    &field_logins_count,
    &field_last_login,
    &field_created_at,
    &field_user_phone,
    &field_user_company,
    &field_app_plan,
    &field_app_role,
    &field_user_id,
    &field_username,
    &field_phone_number,
    &field_phone_verified,
    &field_name,
    &field_updated_at,
    &field_last_ip,
    &field_last_password_reset,
    &field_multifactor,
    &field_multifactor_last_modified,
    &field_blocked,
    &field_user_metadata,
    &field_app_metadata,
    &field_identities,
    &field_identities_social,
    &field_identities_providers,
    &field_identities_connections,
};
const uint32_t users_field_count = COUNT(users_fields);

#define LIST(id, list_kind, list_field, text)                                                      \
    static const struct tajo_list list_##id = {.size = sizeof(struct tajo_list),                   \
                                               .kind = (list_kind),                                \
                                               .name = TAJO_STR(#id),                              \
                                               .field = TAJO_STR(list_field),                      \
                                               .help = TAJO_STR(text)}

LIST(all_users, TAJO_LIST_EVERYONE, "", "Every eligible user.");
LIST(verified_users, TAJO_LIST_TRUE, "email_verified", "Users whose address is verified.");
LIST(social_login, TAJO_LIST_TRUE, "identities.social",
     "Users with an identity of a social provider.");

static const struct tajo_list *const lists[] = {&list_all_users, &list_verified_users,
                                                &list_social_login};

static const struct tajo_descriptor descriptor = {
    .size = sizeof(struct tajo_descriptor),
    .abi_major = TAJO_ABI_MAJOR,
    .abi_minor_built = TAJO_ABI_MINOR,
    .abi_minor_needed = 1,
    .capabilities = TAJO_CAN_FULL | TAJO_CAN_INCREMENTAL | TAJO_CAN_SINCE | TAJO_CAN_REFRESH,
    .platform = TAJO_STR("auth0"),
    .source = TAJO_STR("users"),
    .version = TAJO_STR(TAJO_VERSION),
    .summary = TAJO_STR("User profiles of an Auth0 tenant."),
    .licence = TAJO_STR("Apache-2.0"),
    .vendor_url = TAJO_STR("https://auth0.com/docs/api/management/v2/users"),
    .auth = &auth0_auth,
    .ops = &users_ops,
    .options = options,
    .rates = auth0_rates,
    .permissions = permissions,
    .fields = users_fields,
    .lists = lists,
    .option_count = COUNT(options),
    .rate_count = AUTH0_RATE_COUNT,
    .permission_count = COUNT(permissions),
    .field_count = COUNT(users_fields),
    .list_count = COUNT(lists),
};

const struct tajo_descriptor *tajo_plugin_entry_v1(void)
{
    return &descriptor;
}
