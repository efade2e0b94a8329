/* SPDX-License-Identifier: GPL-2.0-or-later */
/* By what a request is found again in nginx's log and in ours. */
#ifndef VPG_REQUEST_ID_H
#define VPG_REQUEST_ID_H

#define REQUEST_ID_HEADER	"X-Request-Id"
#define REQUEST_ID_MAX		64

/*
 * @given, of whoever asked, if it is 8 to 64 letters, digits, dashes or
 * underscores; else a random one. It goes into headers and logs.
 */
void request_id(char id[REQUEST_ID_MAX + 1], const char *given);

#endif /* VPG_REQUEST_ID_H */
