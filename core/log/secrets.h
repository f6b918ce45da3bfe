/* SPDX-License-Identifier: Apache-2.0
 *
 * log/secrets.h: the secrets that log_hide() registered, and taking them out of a line.
 *
 * Inside log/ only. Any thread. The one that was registered longest ago makes room for a new one;
 * registering again counts as new.
 */
#ifndef TAJO_LOG_SECRETS_H
#define TAJO_LOG_SECRETS_H

#include "base/strbuf.h"

/* Replaces every registered secret in the line by "[hidden]". */
void secrets_redact(struct strbuf *line);

#endif
