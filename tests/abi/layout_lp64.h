/* SPDX-License-Identifier: Apache-2.0
 *
 * The plugin ABI's memory layout on LP64 machines, written down. A member that moves, or a struct
 * that changes without being appended to, does not compile here. A line of this file changes only
 * while the major is 0; sizes grow when members are appended.
 */
#ifndef TAJO_TEST_LAYOUT_LP64_H
#define TAJO_TEST_LAYOUT_LP64_H

#include "tajo/plugin.h"

#ifdef __cplusplus
#define HOLDS(condition, text) static_assert(condition, text)
#else
#define HOLDS(condition, text) _Static_assert(condition, text)
#endif
#define SIZE(type, bytes)       HOLDS(sizeof(type) == (bytes), #type " changed its size")
#define AT(type, member, bytes) HOLDS(offsetof(type, member) == (bytes), #type "." #member " moved")

#if defined(__LP64__)

SIZE(struct tajo_str, 16);
AT(struct tajo_str, data, 0);
AT(struct tajo_str, len, 8);

SIZE(struct tajo_option, 96);
AT(struct tajo_option, size, 0);
AT(struct tajo_option, type, 4);
AT(struct tajo_option, flags, 8);
AT(struct tajo_option, reserved, 12);
AT(struct tajo_option, min, 16);
AT(struct tajo_option, max, 24);
AT(struct tajo_option, name, 32);
AT(struct tajo_option, def, 48);
AT(struct tajo_option, choices, 64);
AT(struct tajo_option, help, 80);

SIZE(struct tajo_auth, 88);
AT(struct tajo_auth, size, 0);
AT(struct tajo_auth, kind, 4);
AT(struct tajo_auth, settings, 8);
AT(struct tajo_auth, setting_count, 16);
AT(struct tajo_auth, reserved, 20);
AT(struct tajo_auth, base_url, 24);
AT(struct tajo_auth, token_path, 40);
AT(struct tajo_auth, header, 56);
AT(struct tajo_auth, header_value, 72);

SIZE(struct tajo_rate, 48);
AT(struct tajo_rate, size, 0);
AT(struct tajo_rate, requests, 4);
AT(struct tajo_rate, period_seconds, 8);
AT(struct tajo_rate, burst, 12);
AT(struct tajo_rate, preset, 16);
AT(struct tajo_rate, rate_class, 32);

SIZE(struct tajo_permission, 56);
AT(struct tajo_permission, size, 0);
AT(struct tajo_permission, required, 4);
AT(struct tajo_permission, name, 8);
AT(struct tajo_permission, purpose, 24);
AT(struct tajo_permission, mend, 40);

SIZE(struct tajo_field, 64);
AT(struct tajo_field, size, 0);
AT(struct tajo_field, type, 4);
AT(struct tajo_field, role, 8);
AT(struct tajo_field, reserved, 12);
AT(struct tajo_field, path, 16);
AT(struct tajo_field, attribute, 32);
AT(struct tajo_field, meaning, 48);

SIZE(struct tajo_list, 56);
AT(struct tajo_list, size, 0);
AT(struct tajo_list, kind, 4);
AT(struct tajo_list, name, 8);
AT(struct tajo_list, field, 24);
AT(struct tajo_list, help, 40);

SIZE(struct tajo_event_type, 72);
AT(struct tajo_event_type, size, 0);
AT(struct tajo_event_type, reserved, 4);
AT(struct tajo_event_type, type, 8);
AT(struct tajo_event_type, category, 24);
AT(struct tajo_event_type, meaning, 40);
AT(struct tajo_event_type, event, 56);

SIZE(struct tajo_webhook, 40);
AT(struct tajo_webhook, size, 0);
AT(struct tajo_webhook, max_body, 4);
AT(struct tajo_webhook, name, 8);
AT(struct tajo_webhook, help, 24);

SIZE(struct tajo_metric, 56);
AT(struct tajo_metric, size, 0);
AT(struct tajo_metric, reserved, 4);
AT(struct tajo_metric, name, 8);
AT(struct tajo_metric, unit, 24);
AT(struct tajo_metric, help, 40);

SIZE(struct tajo_record, 88);
AT(struct tajo_record, size, 0);
AT(struct tajo_record, kind, 4);
AT(struct tajo_record, subject, 8);
AT(struct tajo_record, json, 24);
AT(struct tajo_record, name, 40);
AT(struct tajo_record, key, 56);
AT(struct tajo_record, time_ms, 72);
AT(struct tajo_record, value, 80);

SIZE(struct tajo_run_request, 64);
AT(struct tajo_run_request, size, 0);
AT(struct tajo_run_request, mode, 4);
AT(struct tajo_run_request, since_ms, 8);
AT(struct tajo_run_request, cursor, 16);
AT(struct tajo_run_request, subjects, 32);
AT(struct tajo_run_request, subject_count, 40);
AT(struct tajo_run_request, fields, 48);
AT(struct tajo_run_request, field_count, 56);

SIZE(struct tajo_parameter, 32);
AT(struct tajo_parameter, name, 0);
AT(struct tajo_parameter, value, 16);

SIZE(struct tajo_header, 32);
AT(struct tajo_header, name, 0);
AT(struct tajo_header, value, 16);

SIZE(struct tajo_http_request, 136);
AT(struct tajo_http_request, size, 0);
AT(struct tajo_http_request, flags, 4);
AT(struct tajo_http_request, method, 8);
AT(struct tajo_http_request, path, 24);
AT(struct tajo_http_request, endpoint, 40);
AT(struct tajo_http_request, rate_class, 56);
AT(struct tajo_http_request, query, 72);
AT(struct tajo_http_request, query_count, 80);
AT(struct tajo_http_request, body, 88);
AT(struct tajo_http_request, content_type, 104);
AT(struct tajo_http_request, headers, 120);
AT(struct tajo_http_request, header_count, 128);

SIZE(struct tajo_http_response, 40);
AT(struct tajo_http_response, size, 0);
AT(struct tajo_http_response, status, 4);
AT(struct tajo_http_response, body, 8);
AT(struct tajo_http_response, body_fd, 24);
AT(struct tajo_http_response, header_count, 28);
AT(struct tajo_http_response, headers, 32);

SIZE(struct tajo_host, 128);
AT(struct tajo_host, size, 0);
AT(struct tajo_host, abi_minor, 4);
AT(struct tajo_host, log, 8);
AT(struct tajo_host, now_ms, 16);
AT(struct tajo_host, should_stop, 24);
AT(struct tajo_host, sleep_ms, 32);
AT(struct tajo_host, option_string, 40);
AT(struct tajo_host, option_integer, 48);
AT(struct tajo_host, option_boolean, 56);
AT(struct tajo_host, http_submit, 64);
AT(struct tajo_host, http_wait, 72);
AT(struct tajo_host, http_release, 80);
AT(struct tajo_host, emit, 88);
AT(struct tajo_host, commit, 96);
AT(struct tajo_host, progress, 104);
AT(struct tajo_host, metric, 112);
AT(struct tajo_host, set_error, 120);

SIZE(struct tajo_delivery, 64);
AT(struct tajo_delivery, size, 0);
AT(struct tajo_delivery, reserved, 4);
AT(struct tajo_delivery, webhook, 8);
AT(struct tajo_delivery, content_type, 24);
AT(struct tajo_delivery, body, 40);
AT(struct tajo_delivery, received_ms, 56);

SIZE(struct tajo_ops, 48);
AT(struct tajo_ops, size, 0);
AT(struct tajo_ops, reserved, 4);
AT(struct tajo_ops, create, 8);
AT(struct tajo_ops, destroy, 16);
AT(struct tajo_ops, check, 24);
AT(struct tajo_ops, run, 32);
AT(struct tajo_ops, receive, 40);

SIZE(struct tajo_descriptor, 232);
AT(struct tajo_descriptor, size, 0);
AT(struct tajo_descriptor, abi_major, 4);
AT(struct tajo_descriptor, abi_minor_built, 8);
AT(struct tajo_descriptor, abi_minor_needed, 12);
AT(struct tajo_descriptor, capabilities, 16);
AT(struct tajo_descriptor, platform, 24);
AT(struct tajo_descriptor, source, 40);
AT(struct tajo_descriptor, version, 56);
AT(struct tajo_descriptor, summary, 72);
AT(struct tajo_descriptor, licence, 88);
AT(struct tajo_descriptor, vendor_url, 104);
AT(struct tajo_descriptor, auth, 120);
AT(struct tajo_descriptor, ops, 128);
AT(struct tajo_descriptor, options, 136);
AT(struct tajo_descriptor, rates, 144);
AT(struct tajo_descriptor, permissions, 152);
AT(struct tajo_descriptor, fields, 160);
AT(struct tajo_descriptor, lists, 168);
AT(struct tajo_descriptor, events, 176);
AT(struct tajo_descriptor, webhooks, 184);
AT(struct tajo_descriptor, metrics, 192);
AT(struct tajo_descriptor, option_count, 200);
AT(struct tajo_descriptor, rate_count, 204);
AT(struct tajo_descriptor, permission_count, 208);
AT(struct tajo_descriptor, field_count, 212);
AT(struct tajo_descriptor, list_count, 216);
AT(struct tajo_descriptor, event_count, 220);
AT(struct tajo_descriptor, webhook_count, 224);
AT(struct tajo_descriptor, metric_count, 228);

#endif

/* Numbers that plugins have compiled in. */
HOLDS(TAJO_E_TRANSIENT == -1 && TAJO_E_RATE == -2 && TAJO_E_AUTH == -3, "error classes");
HOLDS(TAJO_E_CONFIG == -4 && TAJO_E_DATA == -5 && TAJO_E_BUG == -6, "error classes");
HOLDS(TAJO_E_STOPPED == -7 && TAJO_E_UNSUPPORTED == -8 && TAJO_E_NOT_FOUND == -9, "error classes");
HOLDS(TAJO_RECORD_PERSON == 1 && TAJO_RECORD_PERSON_GONE == 2 && TAJO_RECORD_FACTS == 3, "records");
HOLDS(TAJO_RECORD_EVENT == 4 && TAJO_RECORD_METRIC == 5, "records");
HOLDS(TAJO_MODE_FULL == 1 && TAJO_MODE_INCREMENTAL == 2 && TAJO_MODE_SINCE == 3, "modes");
HOLDS(TAJO_MODE_REFRESH == 4 && TAJO_COMMIT_SNAPSHOT_COMPLETE == 1, "modes");
HOLDS(TAJO_TYPE_STRING == 1 && TAJO_TYPE_INTEGER == 2 && TAJO_TYPE_BOOLEAN == 3, "types");
HOLDS(TAJO_TYPE_CHOICE == 4 && TAJO_TYPE_DATETIME == 5 && TAJO_TYPE_STRINGS == 6, "types");
HOLDS(TAJO_TYPE_OBJECT == 7 && TAJO_OPTION_REQUIRED == 1 && TAJO_OPTION_SECRET == 2, "types");
HOLDS(TAJO_CAN_FULL == 1 && TAJO_CAN_INCREMENTAL == 2 && TAJO_CAN_SINCE == 4, "capabilities");
HOLDS(TAJO_CAN_REFRESH == 8 && TAJO_CAN_RECEIVE == 16, "capabilities");
HOLDS(TAJO_HTTP_NO_AUTH == 1 && TAJO_HTTP_BODY_TO_FD == 2 && TAJO_HTTP_IDEMPOTENT == 4, "http");
HOLDS(TAJO_AUTH_NONE == 0 && TAJO_AUTH_CLIENT_CREDENTIALS == 1 && TAJO_AUTH_HEADER == 2, "auth");
HOLDS(TAJO_ROLE_NONE == 0 && TAJO_ROLE_EMAIL == 1 && TAJO_ROLE_EMAIL_VERIFIED == 2, "roles");
HOLDS(TAJO_ROLE_LAST_LOGIN == 3 && TAJO_ROLE_CREATED_AT == 4, "roles");
HOLDS(TAJO_LIST_EVERYONE == 0 && TAJO_LIST_TRUE == 1, "lists");
HOLDS(TAJO_LOG_ERROR == 0 && TAJO_LOG_WARN == 1 && TAJO_LOG_INFO == 2 && TAJO_LOG_DEBUG == 3,
      "log");

#endif
