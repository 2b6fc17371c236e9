// SPDX-License-Identifier: GPL-2.0
/* Version 2 of a patch with nothing wrong: /proc/cmdline says it. Each version replaces all others. */
#include "klpkit_patch.h"

static int livepatch_cmdline_proc_show(struct seq_file *m, void *v)
{
	seq_puts(m, "KLPKIT-GOOD-2\n");
	return 0;
}

KLPKIT_PATCH("cmdline_proc_show", livepatch_cmdline_proc_show, true);
MODULE_DESCRIPTION("klpkit test: version 2 of a good patch");
MODULE_VERSION("2");
