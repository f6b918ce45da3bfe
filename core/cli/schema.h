/* SPDX-License-Identifier: Apache-2.0
 *
 * cli/schema.h: what the installed plugins declare, in the configuration's own terms.
 *
 * The config room knows nothing of plugins; this turns descriptors into a config_schema. The
 * result borrows from the infos. Pure.
 */
#ifndef TAJO_CLI_SCHEMA_H
#define TAJO_CLI_SCHEMA_H

#include "config/config.h"
#include "plugin/plugin.h"

struct schema;

struct schema *schema_new(struct plugin_info *const *infos, size_t count);
const struct config_schema *schema_config(const struct schema *schema);
struct schema *schema_free(struct schema *schema);

#endif
