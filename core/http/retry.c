/* SPDX-License-Identifier: Apache-2.0 */
#include "base/cleanup.h"
#include "http/internal.h"
#include "http/url.h"

#include <inttypes.h>
#include <stdlib.h>

#define LONGEST_DELAY_MS 30000

enum outcome retry_judge_status(const struct http_call *call, int status)
{
    /* 425 is Brevo's "account in process"; 501 will not change. */
    int passing = status == 408 || status == 425 || (status >= 500 && status != 501);
    return passing && call->idempotent && call->tries < call->attempts ? OUTCOME_REPEAT
                                                                       : OUTCOME_ANSWER;
}

/* Will be the same next time. */
static int is_final(CURLcode code)
{
    switch (code) {
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_FILESIZE_EXCEEDED:
    case CURLE_URL_MALFORMAT:
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_OUT_OF_MEMORY:
        return 1;
    default:
        return 0;
    }
}

enum outcome retry_judge_code(const struct http_call *call, CURLcode code, int request_sent)
{
    if (call->attempt.failure != 0 || is_final(code) || call->tries >= call->attempts)
        return OUTCOME_FAIL;
    return call->idempotent || !request_sent ? OUTCOME_REPEAT : OUTCOME_FAIL;
}

int64_t retry_delay_ms(int base_ms, int tries, double random)
{
    int64_t delay = base_ms;
    for (int i = 1; i < tries && delay < LONGEST_DELAY_MS; i++)
        delay *= 2;
    if (delay > LONGEST_DELAY_MS)
        delay = LONGEST_DELAY_MS;
    return (int64_t)(random * (double)delay);
}

static const char *mend_for(CURLcode code)
{
    switch (code) {
    case CURLE_COULDNT_RESOLVE_HOST:
        return "Check the host name in the configuration (domain, base_url) and this machine's DNS";
    case CURLE_COULDNT_RESOLVE_PROXY:
        return "Check the proxy's name in the configuration or the environment";
    case CURLE_COULDNT_CONNECT:
        return "Check that this machine may connect there: network, firewall, proxy, base_url";
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
        return "Check the machine's clock and CA certificates; behind an inspecting proxy set "
               "SSL_CERT_FILE to its CA";
    case CURLE_OPERATION_TIMEDOUT:
        return "It is tried again later; if it stays, check network and proxy, and the vendor's "
               "status page";
    default:
        return "It is tried again later; if it stays, check the vendor's status page and proxies "
               "in between";
    }
}

static int explain_failure(const struct http_call *call, int failure, struct err_info *e)
{
    if (failure == ERR_LIMIT)
        return err_set(e, ERR_LIMIT, call->endpoint, "Ask for less at once (a smaller page)",
                       "%s: the answer is larger than %" PRId64 " bytes", call->account->name,
                       call->max_body);
    return err_set(e, ERR_SYSTEM, call->endpoint,
                   "Check free space and permissions of the folder for temporary files (TMPDIR)",
                   "%s: a body on disk could not be read or written in %.100s", call->account->name,
                   call->account->temp_dir);
}

int retry_explain(const struct http_call *call, CURLcode code, struct err_info *e)
{
    const struct http_attempt *attempt = &call->attempt;
    if (attempt->failure != 0)
        return explain_failure(call, attempt->failure, e);
    if (code == CURLE_FILESIZE_EXCEEDED)
        return explain_failure(call, ERR_LIMIT, e);
    _cleanup_free_ char *host = url_host(call->url);
    const char *reason =
        attempt->curl_text[0] != '\0' ? attempt->curl_text : curl_easy_strerror(code);
    if (attempt->stalled)
        reason = "the connection stood still";
    if (code == CURLE_SEND_FAIL_REWIND)
        reason = "the connection broke after the request; it is not repeated blindly";
    return err_set(e, ERR_TRANSIENT, call->endpoint, mend_for(code),
                   "%s: no answer from %.100s after %d attempt%s: %.200s", call->account->name,
                   host, call->tries, call->tries == 1 ? "" : "s", reason);
}
