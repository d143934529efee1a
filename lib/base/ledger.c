/* SPDX-License-Identifier: BSD-3-Clause */
#include "base/ledger.h"

#ifdef HENCE_LEDGER
atomic_long hence_ledger[HENCE_COUNTERS];
#else
typedef int hence_ledger_is_off; /* a translation unit must not be empty */
#endif
