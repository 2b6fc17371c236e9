// SPDX-License-Identifier: GPL-2.0
/* calls klp_enable_patch() although its modinfo lacks livepatch=Y */
#include "klpkit_patch.h"

static int livepatch_cmdline_proc_show(struct seq_file *m, void *v)
{
	seq_puts(m, "KLPKIT-UNMARKED\n");
	return 0;
}

KLPKIT_FUNCS(NULL, false, KLPKIT_FUNC("cmdline_proc_show", livepatch_cmdline_proc_show));
KLPKIT_ENABLED_AT_LOAD;
MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("klpkit test: calls klp_enable_patch() although its modinfo lacks livepatch=Y");
MODULE_VERSION("1");
