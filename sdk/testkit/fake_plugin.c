/* SPDX-License-Identifier: Apache-2.0 */
#include "fake_private.h"

#include <dlfcn.h>
#include <stdio.h>
#include <string.h>

const struct tajo_descriptor *fake_plugin_load(const char *path)
{
    void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    void *symbol = library != NULL ? dlsym(library, TAJO_PLUGIN_ENTRY) : NULL;
    if (symbol == NULL) {
        fprintf(stderr, "fake host: %s: %s\n", path, dlerror());
        return NULL;
    }
    const struct tajo_descriptor *(*entry)(void);
    memcpy(&entry, &symbol, sizeof(entry)); /* ISO C has no cast from object to function */
    return entry();
}
