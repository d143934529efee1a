/* SPDX-License-Identifier: BSD-3-Clause */
#include <hence/base.h>

int hence_version_number(void)
{
    return HENCE_VERSION_NUMBER;
}
