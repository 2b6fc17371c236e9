// SPDX-License-Identifier: GPL-2.0
/* Replaces the function that the kernel's own thread kthreadd never leaves: the transition cannot end. */
#include "klpkit_patch.h"

static int livepatch_kthreadd(void *unused)
{
	return 0;
}

KLPKIT_PATCH("kthreadd", livepatch_kthreadd, false);
MODULE_DESCRIPTION("klpkit test: the transition stalls for ever");
