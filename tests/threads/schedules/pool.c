/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The executor in every order: each job runs once, or is given back or dropped, and ends once; no thread sleeps
 * while a job waits; shutting down waits for all that run; who stands in line is let in, in order; results come
 * through the door.
 *
 * A thread without a job looks whether one has come a number of times before it sleeps: here once, or not at all.
 * What it sees says only when it goes on to lock the mutex, which it may do at any time, so to look more often
 * gives no order of anything else that looking once does not.
 */

#include "pool.h"

static const char queue_does[] =
    "%d threads queue a job each, %d workers that look %d times before they sleep";
static const char take_back_does[] =
    "%d threads queue a job each and take it back, %d workers that look %d times before they sleep";
static const char leave_does[] =
    "%d jobs, %d workers that look %d times before they sleep, nobody waits for them";
static const char shutdown_does[] =
    "%d jobs, %d workers that look %d times before they sleep, shut down meanwhile";
static const char drop_does[] =
    "%d jobs, %d workers that look %d times before they sleep, shut down and dropped meanwhile";
static const char line_does[] = "%d jobs in line for one place, %d workers that look %d times "
                                "before they sleep, two are taken back";
static const char room_does[] =
    "%d jobs, room for one, %d workers that look %d times before they sleep";
static const char refuse_does[] =
    "%d jobs, all but one after shutting down, %d workers that look %d times before they sleep";
static const char line_dies_does[] = "%d jobs in line for one place, %d workers that look %d times "
                                     "before they sleep, one ends in a job";
static const char die_does[] =
    "%d jobs, %d workers that look %d times before they sleep, one ends in a job";
static const char die_alone_does[] =
    "%d jobs, %d workers that look %d times before they sleep, one "
    "ends in a job, and no other can be had";
static const char together_does[] =
    "%d jobs, two wait for each other, %d workers that look %d times before they sleep";
static const char queue_open_does[] = "%d threads queue a job each through the inbox, %d workers "
                                      "that look %d times before they sleep";
static const char take_back_open_does[] =
    "%d threads queue a job each through the inbox and take it back, %d workers that look %d times "
    "before they sleep";
static const char shutdown_open_does[] = "%d jobs through the inbox, %d workers that look %d times "
                                         "before they sleep, shut down meanwhile";
static const char drop_open_does[] = "%d jobs through the inbox, %d workers that look %d times "
                                     "before they sleep, shut down and dropped meanwhile";
static const char inbox_does[] = "%d jobs, one is taken back, two wait for each other, %d workers "
                                 "that look %d times before they sleep";
static const char inbox_late_does[] =
    "%d jobs through the inbox, two wait for each other, %d workers that look %d times before they "
    "sleep";
static const char inbox_line_does[] =
    "%d jobs, one is taken back, two wait for each other, one may stand in line, %d workers that "
    "look %d times before they sleep";
static const char results_does[] =
    "%d jobs for a loop, %d workers that look %d times before they sleep";
static const char cancel_does[] =
    "%d jobs for a loop, %d workers that look %d times before they sleep, one is cancelled";
static const char cancel_line_does[] = "%d jobs for a loop that may stand in line, %d workers that "
                                       "look %d times before they sleep, one is cancelled";
static const char close_does[] =
    "%d jobs for a loop that is freed, %d workers that look %d times before they sleep";
static const char close_line_does[] = "%d jobs for a loop that is freed, they may stand in line, "
                                      "%d workers that look %d times before they sleep";

static const struct schedule_scenario scenarios[] = {
    /* the cheap ones first */
    {"inbox", pool_queue_open, queue_open_does, {2, 1, 1}, 0, UNBOUNDED, false, 0},
    {"inbox", pool_take_back_open, take_back_open_does, {2, 1, 0}, 0, UNBOUNDED, false, 0},
    {"inbox", pool_end_early_open, shutdown_open_does, {2, 1, 1}, 0, UNBOUNDED, false, 0},
    {"inbox", pool_drop_early_open, drop_open_does, {2, 1, 1}, 0, UNBOUNDED, false, 0},
    {"refuse", pool_refuse, refuse_does, {2, 1, 1}, 0, UNBOUNDED, false, 0},
    {"room", pool_room, room_does, {3, 1, 1}, 0, UNBOUNDED, false, 0},
    {"die", pool_die, die_does, {2, 1, 1}, 1, UNBOUNDED, false, 0},
    {"die", pool_die, die_does, {3, 2, 1}, 0, UNBOUNDED, false, 0},
    {"together", pool_together, together_does, {4, 2, 0}, 0, UNBOUNDED, false, 0},
    {"inbox", pool_meet_in_inbox, inbox_does, {3, 2, 1}, 0, 1, false, 0},
    {"inbox", pool_meet_in_line, inbox_line_does, {3, 2, 1}, 0, 1, false, 0},
    {"line", pool_line_dies, line_dies_does, {4, 1, 1}, 0, UNBOUNDED, false, 0},
    {"alone", pool_die_alone, die_alone_does, {3, 1, 1}, 1, UNBOUNDED, false, 0},
    {"alone", pool_die_alone, die_alone_does, {3, 2, 1}, 0, UNBOUNDED, false, 0},
    {"results", pool_results, results_does, {2, 1, 1}, 1, UNBOUNDED, false, 0},
    {"queue", pool_queue, queue_does, {2, 2, 1}, 1, UNBOUNDED, false, 0},
    {"shutdown", pool_end_early, shutdown_does, {2, 2, 1}, 1, UNBOUNDED, false, 0},
    {"drop", pool_drop_early, drop_does, {2, 2, 1}, 1, UNBOUNDED, false, 0},
    {"line", pool_line, line_does, {4, 2, 1}, 0, 1, false, 0},
    {"close", pool_close_early, close_does, {2, 1, 1}, 0, UNBOUNDED, false, 0},
    {"close", pool_close_in_line, close_line_does, {2, 1, 1}, 0, UNBOUNDED, false, 0},
    {"take-back", pool_take_back, take_back_does, {2, 2, 1}, 0, UNBOUNDED, false, 0},
    {"take-back", pool_take_back, take_back_does, {2, 2, 0}, 1, UNBOUNDED, false, 0},
    {"line", pool_line, line_does, {4, 1, 1}, 0, UNBOUNDED, false, 0},
    {"leave", pool_leave, leave_does, {3, 2, 1}, 0, UNBOUNDED, false, 0},
    {"cancel", pool_cancel, cancel_does, {2, 1, 1}, 1, UNBOUNDED, false, 0},
    {"cancel", pool_cancel_in_line, cancel_line_does, {2, 1, 1}, 0, UNBOUNDED, false, 0},
    {"shutdown", pool_end_early, shutdown_does, {3, 2, 1}, 0, UNBOUNDED, false, 0},
    {"results", pool_results, results_does, {2, 2, 1}, 0, UNBOUNDED, false, 0},
    {"queue", pool_queue, queue_does, {3, 2, 0}, 0, UNBOUNDED, false, 0},
    {"drop", pool_drop_early, drop_does, {3, 2, 0}, 0, UNBOUNDED, false, 0},
    {"meet", pool_meet_late, inbox_late_does, {3, 2, 0}, 0, UNBOUNDED, false, 0},
    {"queue", pool_queue, queue_does, {3, 2, 1}, 0, UNBOUNDED, true, 0},
    {"together", pool_together, together_does, {4, 2, 1}, 0, UNBOUNDED, true, 0},
    {"drop", pool_drop_early, drop_does, {3, 2, 1}, 0, UNBOUNDED, true, 0},
    {"take-back", pool_take_back, take_back_does, {2, 2, 1}, 1, UNBOUNDED, true, 1000000},
    {"take-back", pool_take_back, take_back_does, {3, 2, 1}, 0, UNBOUNDED, true, 1000000},
    {"queue", pool_queue, queue_does, {3, 2, 1}, 1, UNBOUNDED, true, 1000000},
    {"inbox", pool_meet_in_inbox, inbox_does, {3, 2, 0}, 0, UNBOUNDED, true, 0},
    {"inbox", pool_meet_in_line, inbox_line_does, {3, 2, 0}, 0, UNBOUNDED, true, 0},
    {"shutdown", pool_end_early, shutdown_does, {3, 2, 1}, 1, UNBOUNDED, true, 1000000},
    {"shutdown", pool_end_early, shutdown_does, {4, 2, 1}, 0, UNBOUNDED, true, 1000000},
    {"drop", pool_drop_early, drop_does, {3, 2, 1}, 1, UNBOUNDED, true, 1000000},
    {"line", pool_line, line_does, {4, 1, 1}, 1, UNBOUNDED, true, 1000000},
    {"line", pool_line, line_does, {4, 2, 1}, 0, UNBOUNDED, true, 1000000},
    {"die", pool_die, die_does, {3, 2, 1}, 1, UNBOUNDED, true, 1000000},
    {"results", pool_results, results_does, {2, 2, 1}, 1, UNBOUNDED, true, 500000},
    {"cancel", pool_cancel, cancel_does, {2, 2, 1}, 0, UNBOUNDED, true, 500000},
    {"close", pool_close_early, close_does, {2, 2, 1}, 0, UNBOUNDED, true, 500000},
    {.name = NULL},
};

int main(int argc, char **argv)
{
    return schedule_main(argc, argv, scenarios);
}
