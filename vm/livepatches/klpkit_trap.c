// SPDX-License-Identifier: GPL-2.0
/*
 * A livepatch whose new function misbehaves once "armed" is set (/sys/module/klpkit_trap/parameters/armed), so that a
 * test decides when. The function is the one behind /proc/cmdline.
 * mode=warn: WARN; mode=oops: NULL dereference; mode=panic: panics; mode=softlockup: spins; mode=hung: sleeps
 * unkillably; both until "armed" is unset.
 */
#include <linux/delay.h>
#include "klpkit_patch.h"

static char *mode = "warn";
module_param(mode, charp, 0644);
static bool armed;
module_param(armed, bool, 0644);
static int *volatile nowhere;

static noinline void klpkit_trap_spring(void)
{
	if (!strncmp(mode, "warn", 4))
		WARN(1, "klpkit: the patched function is wrong\n");
	else if (!strncmp(mode, "oops", 4))
		*nowhere = 1;
	else if (!strncmp(mode, "panic", 5))
		panic("klpkit: the patched function panics");
	else if (!strncmp(mode, "softlockup", 10))
		while (READ_ONCE(armed))
			cpu_relax();
	else if (!strncmp(mode, "hung", 4))
		while (READ_ONCE(armed))
			/* in one go: a task that was switched to is not hung */
			schedule_timeout_uninterruptible(15 * HZ);
}

static int livepatch_cmdline_proc_show(struct seq_file *m, void *v)
{
	seq_puts(m, "KLPKIT-TRAP\n");
	if (armed)
		klpkit_trap_spring();
	return 0;
}

KLPKIT_PATCH("cmdline_proc_show", livepatch_cmdline_proc_show, false);
MODULE_DESCRIPTION("klpkit test: the new function warns, oopses, panics, spins or hangs");
