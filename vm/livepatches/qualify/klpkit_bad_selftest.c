// SPDX-License-Identifier: GPL-2.0
/* /proc/uptime runs backwards: nothing crashes, and the kernel's own selftest proc-uptime-001 fails. */
#include "klpkit_patch.h"

static atomic_t left = ATOMIC_INIT(1000000);

static int livepatch_uptime_proc_show(struct seq_file *m, void *v)
{
	int seconds = atomic_dec_return(&left);

	seq_printf(m, "%d.00 %d.00\n", seconds, seconds);
	return 0;
}

KLPKIT_PATCH("uptime_proc_show", livepatch_uptime_proc_show, false);
MODULE_DESCRIPTION("klpkit test: breaks one kselftest");
