// SPDX-License-Identifier: GPL-2.0
/* /proc/cmdline shows marker 2; replaces all other livepatches */
#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/seq_file.h>
#include <linux/livepatch.h>

static int livepatch_cmdline_proc_show(struct seq_file *m, void *v)
{
	seq_puts(m, "KLPKIT-MARKER-2\n");
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
	.replace = true,
};

static int __init klpkit_cmdline_2_init(void)
{
	return klp_enable_patch(&patch);
}

static void __exit klpkit_cmdline_2_exit(void)
{
}

module_init(klpkit_cmdline_2_init);
module_exit(klpkit_cmdline_2_exit);
MODULE_LICENSE("GPL");
MODULE_INFO(livepatch, "Y");
MODULE_DESCRIPTION("klpkit test: /proc/cmdline shows marker 2; replaces all other livepatches");
MODULE_VERSION("2");
