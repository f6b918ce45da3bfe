/* SPDX-License-Identifier: Apache-2.0
 *
 * The HELLO document, as a worker that was taken over would send it.
 */
#include "plugin/plugin_internal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct plugin_info *info = NULL;
    struct err_info e = {0};
    if (plugin_info_parse("fuzz.so", (const char *)data, size, &info, &e) == 0)
        plugin_info_free(info);
    return 0;
}
