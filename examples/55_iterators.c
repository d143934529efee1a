/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Values that come one by one, and each takes its time: an iterator of one's own, and what can be done with
 * it. All values in a list; something with each, in turn, or with at most three at once; and a loop whose
 * condition takes time.
 *
 *     cc 55_iterators.c $(pkg-config --cflags --libs hence) && ./a.out
 *     0.5 s: 5 pages
 *
 *     0.1 s: page 1 of 5 begins
 *     ...
 */
