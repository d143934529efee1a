/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What must not be cut short. A reader who has no more patience is cancelled, and the page that many wait for
 * with it; behind a shield only the reader is.
 *
 *     cc 53_shield.c $(pkg-config --cflags --libs hence) && ./a.out
 *     ann: gone                                                   (after half a second, both times)
 *     bob: the page is cancelled                                  (ann's patience has ended it for bob)
 *
 *     ann: gone
 *     bob: the page                                               (half a second after that)
 */
/* long: 2 s */
#include <hence/hence.h>

#include <stdlib.h>
