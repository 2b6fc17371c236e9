// SPDX-License-Identifier: GPL-2.0
/* A livepatch of klpkit_host: its transition stalls while a task sits in the old functions. */
#include <linux/kthread.h>
#include "klpkit_patch.h"

static int livepatch_slow(void)
{
	return 2;
}

static int livepatch_kthread_main(void *unused)
{
	while (!kthread_should_stop())
		schedule_timeout_interruptible(HZ);
	return 0;
}

KLPKIT_FUNCS("klpkit_host", false,
	     KLPKIT_FUNC("klpkit_slow", livepatch_slow),
	     KLPKIT_FUNC("klpkit_kthread_main", livepatch_kthread_main));
KLPKIT_ENABLED_AT_LOAD;
KLPKIT_MARKED;
MODULE_DESCRIPTION("klpkit test: the transition stalls while a task is inside klpkit_host");
