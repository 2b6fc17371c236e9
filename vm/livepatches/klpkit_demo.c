// SPDX-License-Identifier: GPL-2.0
/* The patch of the demo: /proc/cmdline says that it is applied. */
#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/seq_file.h>
#include <linux/livepatch.h>

static int livepatch_cmdline_proc_show(struct seq_file *m, void *v)
{
	seq_puts(m, "KLPKIT-PATCHED: klpkit_demo 1.0 is applied\n");
	return 0;
}

static struct klp_func funcs[] = {
	{
		.old_name = "cmdline_proc_show",
		.new_func = livepatch_cmdline_proc_show,
	},
	{ }
};

static struct klp_object objs[] = {
	{
		/* no name: the function is in vmlinux */
		.funcs = funcs,
	},
	{ }
};

static struct klp_patch patch = {
	.mod = THIS_MODULE,
	.objs = objs,
};

static int __init klpkit_demo_init(void)
{
	return klp_enable_patch(&patch);
}

static void __exit klpkit_demo_exit(void)
{
}

module_init(klpkit_demo_init);
module_exit(klpkit_demo_exit);
MODULE_LICENSE("GPL");
MODULE_INFO(livepatch, "Y");
MODULE_DESCRIPTION("klpkit demo: /proc/cmdline says that the patch is applied");
MODULE_VERSION("1.0");
