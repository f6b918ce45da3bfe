/* SPDX-License-Identifier: Apache-2.0 */
#include "brevo/import_info.h"

#include "base/mem.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

static enum process_state read_state(const json_t *process)
{
    const char *status = json_string_value(json_object_get(process, "status"));
    if (status == NULL)
        return PROCESS_RUNNING;
    if (strcasecmp(status, "completed") == 0)
        return PROCESS_COMPLETED;
    if (strcasecmp(status, "failed") == 0 || strcasecmp(status, "cancelled") == 0 ||
        strcasecmp(status, "canceled") == 0)
        return PROCESS_FAILED;
    return PROCESS_RUNNING;
}

static void add_dropped(struct import_info *info, int64_t rows)
{
    if (rows == 0)
        return;
    if (rows < 0)
        rows = 1;
    info->dropped = info->dropped > INT64_MAX - rows ? INT64_MAX : info->dropped + rows;
}

static void read_text(const char *text, struct import_info *info)
{
    if (text[0] == '\0')
        return;
    if (strncasecmp(text, "https://", 8) == 0 || strncasecmp(text, "http://", 7) == 0) {
        if (info->url_count < IMPORT_INFO_URLS)
            info->urls[info->url_count++] = mem_strdup(text);
        else
            add_dropped(info, 1);
        return;
    }
    char *end = NULL;
    long long rows = strtoll(text, &end, 10);
    add_dropped(info, *end == '\0' ? rows : 1);
}

static void read_value(const json_t *value, struct import_info *info)
{
    switch (json_typeof(value)) {
    case JSON_INTEGER:
        add_dropped(info, json_integer_value(value));
        break;
    case JSON_STRING:
        read_text(json_string_value(value), info);
        break;
    case JSON_ARRAY:
        add_dropped(info, (int64_t)json_array_size(value));
        break;
    case JSON_OBJECT:
        add_dropped(info, json_object_size(value) > 0);
        break;
    case JSON_REAL:
        add_dropped(info, json_real_value(value) != 0.0);
        break;
    case JSON_TRUE:
        add_dropped(info, 1);
        break;
    case JSON_FALSE:
    case JSON_NULL:
        break;
    }
}

void import_info_read(const json_t *process, struct import_info *ret)
{
    memset(ret, 0, sizeof(*ret));
    ret->state = read_state(process);
    const json_t *import = json_object_get(json_object_get(process, "info"), "import");
    const char *key = NULL;
    json_t *value = NULL;
    json_object_foreach((json_t *)(uintptr_t)import, key, value)
    {
        read_value(value, ret);
    }
}

void import_info_clear(struct import_info *info)
{
    for (size_t i = 0; i < info->url_count; i++)
        free(info->urls[i]);
    memset(info, 0, sizeof(*info));
}
