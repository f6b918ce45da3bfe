/* SPDX-License-Identifier: Apache-2.0 */
#include "plugin/plugin_internal.h"

#include <string.h>

static const struct {
    int32_t class;
    int code;
} classes[] = {
    {TAJO_E_TRANSIENT, ERR_TRANSIENT}, {TAJO_E_RATE, ERR_RATE},
    {TAJO_E_AUTH, ERR_AUTH},           {TAJO_E_CONFIG, ERR_CONFIG},
    {TAJO_E_DATA, ERR_DATA},           {TAJO_E_BUG, ERR_BUG},
    {TAJO_E_STOPPED, ERR_CANCELLED},   {TAJO_E_UNSUPPORTED, ERR_UNSUPPORTED},
    {TAJO_E_NOT_FOUND, ERR_NOT_FOUND},
};

int plugin_error_code(int32_t result)
{
    for (size_t i = 0; i < sizeof(classes) / sizeof(classes[0]); i++)
        if (classes[i].class == result)
            return classes[i].code;
    return ERR_BUG;
}

int32_t plugin_error_class(int code)
{
    for (size_t i = 0; i < sizeof(classes) / sizeof(classes[0]); i++)
        if (classes[i].code == code)
            return classes[i].class;
    /* The machine's and the host's own troubles are not the plugin's: it may come again. */
    return TAJO_E_TRANSIENT;
}

const char *plugin_short_name(const char *file)
{
    const char *slash = strrchr(file, '/');
    return slash == NULL ? file : slash + 1;
}
