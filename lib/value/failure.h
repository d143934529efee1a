/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef HENCE_LIB_VALUE_FAILURE_H
#define HENCE_LIB_VALUE_FAILURE_H

#include <hence/result.h>

/* Sends a report about a failure that got lost; `handler` may be NULL: the thread's. */
void hence_report_failure(const hence_report *report, hence_report_handler *handler, void *arg);
/* Reports one that nobody has handled, to the thread's handler, but not if it is a cancellation; NULL: nothing.
 * `made`: where what has it was made. */
void hence_report_unhandled(const hence_failure *failure, const char *message, const char *made);

/* The failure HENCE_EINVAL of a call that the program has made wrongly: the message says which, and what is
 * wrong with it. Without memory it has no message. */
hence_result hence_refuse_at(const char *site, const char *fmt, ...) HENCE_FORMAT(2, 3);

/* Is this the one static failure that says "cancelled", or another failure with that code? */
bool hence_failure_is_cancelled(const hence_failure *failure);

/* Does it say no more than that a loop has closed: HENCE_ECLOSED, or a group of such and of cancellations? */
bool hence_failure_is_of_closing(const hence_failure *failure);

/* "One of several failed", made beforehand so that nothing gets lost when memory has run out by then.
 * `complete` takes both and says which it was and why; if the cause is a cancellation, so is this. */
hence_failure *hence_failure_new_first(const char *site);
hence_failure *hence_failure_complete_first(hence_failure *first, size_t index,
                                            hence_failure *cause);

/* "Several failed": the same for all of them. `add` takes `member`. If all of them are cancellations,
 * so is the group. */
hence_failure *hence_failure_new_group(const char *site, size_t members);
void hence_failure_add_member(hence_failure *group, size_t i, hence_failure *member);
hence_failure *hence_failure_complete_group(hence_failure *group);
/* For a group whose members are not known beforehand. `grow` gives another one in its place, with room for
 * more; NULL if there is no memory, and then it is as it was. `shrink`, which needs none, leaves it the first
 * ones. */
hence_failure *hence_failure_grow_group(hence_failure *group, size_t members);
void hence_failure_shrink_group(hence_failure *group, size_t members);

#endif
