// SPDX-License-Identifier: GPL-2.0
/* A livepatch of a function that no kernel has. */
#include "klpkit_patch.h"

static int livepatch_no_such_function(void)
{
	return 0;
}

KLPKIT_PATCH("klpkit_no_such_function", livepatch_no_such_function, false);
MODULE_DESCRIPTION("klpkit test: patches a function that does not exist");
