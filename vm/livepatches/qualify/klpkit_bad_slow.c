// SPDX-License-Identifier: GPL-2.0
/* Right in every answer, and slow: each read of /proc/cmdline sleeps for 5 ms. (mdelay did not delay under TCG: its loops are calibrated otherwise.) */
#include <linux/delay.h>
#include "klpkit_patch.h"

static int livepatch_cmdline_proc_show(struct seq_file *m, void *v)
{
	usleep_range(5000, 6000);
	seq_puts(m, "KLPKIT-BAD-SLOW\n");
	return 0;
}

KLPKIT_PATCH("cmdline_proc_show", livepatch_cmdline_proc_show, false);
MODULE_DESCRIPTION("klpkit test: makes the work much more than ten times slower");
