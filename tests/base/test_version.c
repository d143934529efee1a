/* SPDX-License-Identifier: BSD-3-Clause */
#include "support.h"

SUITE(version);

TEST(version, the_library_says_the_version_of_its_headers)
{
    check_int(hence_version_number(), HENCE_VERSION_NUMBER);
    check(HENCE_VERSION_NUMBER >= 100);
}

TEST(version, a_site_is_a_file_and_a_line)
{
    check_string(HENCE_SITE, __FILE__ ":" HENCE_STRING(__LINE__));
}
