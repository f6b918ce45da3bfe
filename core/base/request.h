/* SPDX-License-Identifier: Apache-2.0
 *
 * base/request.h: what a plugin's HTTP request must look like.
 *
 * The worker asks before it sends a request to the host; the host, which does not trust the
 * worker, asks again before it sends it out. Any thread.
 */
#ifndef TAJO_BASE_REQUEST_H
#define TAJO_BASE_REQUEST_H

#include "tajo/plugin.h"

#define REQUEST_MAX_PAIRS 128u /* parameters; headers */

/* NULL, or what is wrong with it, as the end of a sentence. Its size is not looked at. */
const char *request_problem(const struct tajo_http_request *request);

#endif
