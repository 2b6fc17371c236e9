// SPDX-License-Identifier: GPL-2.0
/* A livepatch of pause(2), by the same code: a task that sleeps there holds up the transition until it is signalled. */
#include <linux/sched/signal.h>
#include "klpkit_patch.h"

static long livepatch_sys_pause(const struct pt_regs *regs)
{
	while (!signal_pending(current)) {
		__set_current_state(TASK_INTERRUPTIBLE);
		schedule();
	}
	return -ERESTARTNOHAND;
}

KLPKIT_PATCH("__x64_sys_pause", livepatch_sys_pause, false);
MODULE_DESCRIPTION("klpkit test: pause(2) replaced by the same code");
