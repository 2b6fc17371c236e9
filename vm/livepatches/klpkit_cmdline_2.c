// SPDX-License-Identifier: GPL-2.0
/* /proc/cmdline shows marker 2; replaces all other livepatches */
#include "klpkit_patch.h"

static int livepatch_cmdline_proc_show(struct seq_file *m, void *v)
{
	seq_puts(m, "KLPKIT-MARKER-2\n");
	return 0;
}

KLPKIT_PATCH("cmdline_proc_show", livepatch_cmdline_proc_show, true);
MODULE_DESCRIPTION("klpkit test: /proc/cmdline shows marker 2; replaces all other livepatches");
MODULE_VERSION("2");
