// SPDX-License-Identifier: GPL-2.0
/* /proc/cmdline shows marker 1 */
#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/seq_file.h>
#include <linux/livepatch.h>

static int livepatch_cmdline_proc_show(struct seq_file *m, void *v)
{
	seq_puts(m, "KLPKIT-MARKER-1\n");
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

static int __init klpkit_cmdline_1_init(void)
{
	return klp_enable_patch(&patch);
}

static void __exit klpkit_cmdline_1_exit(void)
{
}

module_init(klpkit_cmdline_1_init);
module_exit(klpkit_cmdline_1_exit);
MODULE_LICENSE("GPL");
MODULE_INFO(livepatch, "Y");
MODULE_DESCRIPTION("klpkit test: /proc/cmdline shows marker 1");
MODULE_VERSION("1");
