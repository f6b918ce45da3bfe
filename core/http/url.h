/* SPDX-License-Identifier: Apache-2.0
 *
 * http/url.h: which URLs may be spoken to, and taking them apart. Pure functions, any thread.
 */
#ifndef TAJO_HTTP_URL_H
#define TAJO_HTTP_URL_H

#include "base/error.h"

/* https, or plain http to a loopback host (127.0.0.0/8, ::1, localhost); no user or password in
 * it. what: how the sentence calls it ("base_url of auth0"). ERR_CONFIG. */
int url_check(const char *url, const char *what, struct err_info *e);

/* url_check of a link that `from` gave: one of another host may not lead to this machine, where
 * services trust whoever is local. */
int url_check_link(const char *url, const char *from, const char *what, struct err_info *e);

/* url_check, and neither query nor fragment: something can be appended. */
int url_check_base(const char *url, const char *what, struct err_info *e);

/* 1 when the host is a loopback one. */
int url_is_loopback(const char *url);

/* Parts; caller frees. "" when the URL cannot be read. */
char *url_host(const char *url);     /* "acme.eu.auth0.com" */
char *url_path(const char *url);     /* "/oauth/token" */
char *url_origin(const char *url);   /* "https://acme.eu.auth0.com:443": to be compared */
char *url_password(const char *url); /* decoded; "" when there is none */

/* What `location` means on the page `url`; caller frees. NULL: it cannot be read. */
char *url_resolve(const char *url, const char *location);

#endif
