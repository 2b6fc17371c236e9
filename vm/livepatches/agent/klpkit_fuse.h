/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A livepatch of the function behind /proc/cmdline that takes the machine, or its own inserter, down. An agent inserts without
 * parameters, so what happens and when is the including file's: FUSE_INIT() runs in the init, before the patch is enabled;
 * FUSE_LATER() runs FUSE_SECONDS after it.
 */
#include <linux/workqueue.h>
#include "klpkit_patch.h"

static int *volatile nowhere;

static noinline void klpkit_fuse_oops(void)
{
	*nowhere = 1;
}

static noinline void klpkit_fuse_panic(void)
{
	panic("klpkit: the fuse of this livepatch has burnt down");
}

static void klpkit_fuse_burn(struct work_struct *unused)
{
	FUSE_LATER();
}

static DECLARE_DELAYED_WORK(fuse, klpkit_fuse_burn);

static int livepatch_cmdline_proc_show(struct seq_file *m, void *v)
{
	seq_puts(m, "KLPKIT-FUSE\n");
	return 0;
}

KLPKIT_FUNCS(NULL, false, KLPKIT_FUNC("cmdline_proc_show", livepatch_cmdline_proc_show));

static int __init klpkit_fuse_init(void)
{
	int ret;

	FUSE_INIT();
	ret = klp_enable_patch(&klpkit_patch);
	if (!ret && FUSE_SECONDS)
		schedule_delayed_work(&fuse, FUSE_SECONDS * HZ);
	return ret;
}

static void __exit klpkit_fuse_exit(void)
{
	cancel_delayed_work_sync(&fuse);
	(void)klpkit_fuse_oops;
	(void)klpkit_fuse_panic;
}

module_init(klpkit_fuse_init);
module_exit(klpkit_fuse_exit);
KLPKIT_MARKED;
