/* SPDX-License-Identifier: Apache-2.0 */
#include "path.h"

#include <stdlib.h>
#include <string.h>

/* Takes the first step off: a key, or "[n]". */
static const json_t *step(const json_t *value, const char **path)
{
    if (**path == '[') {
        char *end;
        unsigned long index = strtoul(*path + 1, &end, 10);
        *path = end + (*end == ']');
        value = json_array_get(value, index);
    } else {
        size_t size = strcspn(*path, ".[");
        value = json_object_getn(value, *path, size);
        *path += size;
    }
    *path += **path == '.';
    return value;
}

const json_t *path_get(const json_t *object, const char *path)
{
    const json_t *value = json_object_get(object, path);
    if (value) {
        return value;
    }
    for (value = object; value && *path;) {
        value = step(value, &path);
    }
    return value;
}

bool path_any(const json_t *value, const char *path, path_test *test, const void *context)
{
    if (json_is_array(value) && *path != '[') {
        for (size_t i = 0; i < json_array_size(value); i++) {
            if (path_any(json_array_get(value, i), path, test, context)) {
                return true;
            }
        }
        return false;
    }
    if (!*path) {
        return test(value, context);
    }
    value = step(value, &path);
    return value && path_any(value, path, test, context);
}
